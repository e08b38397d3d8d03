// The index of named mistakes: a box to filter, a tab for each chapter, and the card that an address asks for is open.
// Without scripts all cards are there, by chapter, and open one by one.
"use strict";

(function () {
    const groups = Array.from(document.querySelectorAll("div.mistakes"), (element) => {
        const cards = Array.from(element.querySelectorAll("details.mistake"), (card) => ({ card, text: plain(card.innerHTML.replace(/<sub>/g, "_").replace(/<[^>]*>/g, "")) }));
        let heading = element.previousElementSibling;
        while (heading && heading.tagName !== "H2")
            heading = heading.previousElementSibling;
        return { element, heading, cards, chapter: element.dataset.chapter };
    });
    if (groups.length === 0)
        return;

    let chapter = "";
    const box = document.createElement("input"), count = document.createElement("output"), tabs = document.createElement("div");

    function plain(text) {
        return text.toLowerCase().replace(/_/g, " ").replace(/×/g, "x");
    }

    function show() {
        const words = plain(box.value).split(/\s+/).filter(Boolean);
        let shown = 0;
        for (const group of groups) {
            const isOpen = !chapter || chapter === group.chapter;
            let found = 0;
            for (const { card, text } of group.cards) {
                card.hidden = !(isOpen && words.every((word) => text.includes(word)));
                found += !card.hidden;
            }
            group.element.hidden = found === 0;
            if (group.heading)
                group.heading.hidden = found === 0;
            shown += found;
        }
        count.textContent = `${shown} shown`;
    }

    function choose(wanted) {
        chapter = wanted;
        for (const tab of tabs.children)
            tab.setAttribute("aria-pressed", tab.value === wanted);
        show();
    }

    function addTab(value, text, label) {
        const tab = document.createElement("button");
        Object.assign(tab, { type: "button", value, textContent: text });
        tab.setAttribute("aria-label", label);
        tab.addEventListener("click", () => choose(value));
        tabs.append(tab);
    }

    function openWanted() {
        const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (!card || !card.matches("details.mistake"))
            return;
        box.value = "";
        choose("");
        card.open = true;
        card.scrollIntoView();
    }

    const tools = document.createElement("div");
    tools.className = "mistake-tools";
    Object.assign(box, { type: "search", placeholder: "Filter: softmax, transposed, …", autocomplete: "off" });
    box.setAttribute("aria-label", "Filter the mistakes");
    box.addEventListener("input", show);
    count.setAttribute("aria-live", "polite");
    tabs.setAttribute("role", "group");
    tabs.setAttribute("aria-label", "Chapter");
    addTab("", "All", "All chapters");
    for (const group of groups)
        addTab(group.chapter, group.chapter, `Chapter ${group.chapter}`);
    tools.append(box, count, tabs);
    (groups[0].heading || groups[0].element).before(tools);
    choose("");
    openWanted();
    window.addEventListener("hashchange", openWanted);
})();
