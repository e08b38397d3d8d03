// The search of the book: by section, with an excerpt. The index is a script, loaded when the field is first used,
// because a page opened from a disk may not fetch a file.
"use strict";

(function () {
    const MOST = 12; // results
    const AROUND = 170; // characters of an excerpt
    // What says nothing about where to look.
    const EMPTY = new Set(("a an and are as at be by can do does for from how i in is it my not of on or should so the " +
        "then there this to was we what when where which who why with you").split(" "));
    // What repeats what other sections teach.
    const REPEATS = /^(exercises|quiz|recap|further reading|break it)$/;
    const RANK = { lesson: 8, term: 5, page: 3, name: 1, mistake: 0 };

    let index = null;

    // The index, when it is there; tips.js looks terms up in it.
    window.bookIndex = function () {
        index = index || new Promise(function (resolve) {
            const script = document.createElement("script");
            script.src = "search-index.js";
            script.addEventListener("load", () => resolve(SEARCH_INDEX));
            document.head.append(script);
        });
        return index;
    };

    // The beginnings of words that a query asks for: "dividing" finds "divide" too.
    function stems(query) {
        const words = query.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
        const telling = words.filter((word) => !EMPTY.has(word));
        return (telling.length ? telling : words).map((word) =>
            word.length > 4 && !word.includes("_") ? word.replace(/(ing|ed|es|e|s)$/, "") : word);
    }

    function prepare(entries) {
        return entries.map(([kind, address, heading, place, text]) =>
            ({ kind, address, heading, place, text, names: heading.toLowerCase(), said: text.toLowerCase() }));
    }

    // Where the stem begins a word of the text.
    function places(text, stem) {
        const found = [];
        for (let at = text.indexOf(stem); at >= 0; at = text.indexOf(stem, at + 1))
            if (at === 0 || !/[\p{L}\p{N}_]/u.test(text[at - 1]))
                found.push(at);
        return found;
    }

    // How well an entry answers: first how many of the words it has, then where it has them.
    function score(entry, wanted, query) {
        let words = 0, points = 0;
        for (const stem of wanted) {
            const inHeading = places(entry.names, stem).length > 0;
            const inText = places(entry.said, stem).length;
            const inPlace = places(entry.place.toLowerCase(), stem).length > 0;
            if (!inHeading && !inText && !inPlace)
                continue;
            words += 1;
            points += (inHeading ? 8 : 0) + (inPlace ? 2 : 0) + 2 * Math.min(inText, 4);
        }
        if (REPEATS.test(entry.names))
            points -= 10;
        if (!words)
            return 0;
        if (entry.names === query)
            points += 30;
        if (wanted.length > 1 && entry.said.includes(query))
            points += 12;
        return 1000 * words + points + RANK[entry.kind];
    }

    function find(entries, text) {
        const query = text.trim().toLowerCase();
        const wanted = stems(query);
        return wanted.length ? entries.map((entry) => ({ entry, points: score(entry, wanted, query) }))
            .filter((hit) => hit.points > 0)
            .sort((a, b) => b.points - a.points)
            .slice(0, MOST).map((hit) => hit.entry) : [];
    }

    // The part of a text where most of the words stand together.
    function excerpt(entry, wanted) {
        const all = wanted.flatMap((stem, word) => places(entry.said, stem).map((at) => ({ at, word })));
        let best = 0, most = 0;
        for (const { at } of all) {
            const near = new Set(all.filter((other) => other.at >= at && other.at < at + AROUND - 40)
                .map((other) => other.word)).size;
            if (near > most)
                [best, most] = [at, near];
        }
        let start = Math.max(0, best - 40);
        start = start && entry.text.indexOf(" ", start) + 1;
        let end = Math.min(entry.text.length, start + AROUND);
        end = end < entry.text.length ? entry.text.lastIndexOf(" ", end) : end;
        return (start ? "… " : "") + entry.text.slice(start, end) + (end < entry.text.length ? " …" : "");
    }

    // A text whose words that were asked for are marked.
    function marked(name, text, wanted) {
        const element = document.createElement(name);
        const pattern = new RegExp("(?<![\\p{L}\\p{N}_])(?:" + wanted.join("|") + ")[\\p{L}\\p{N}_]*", "giu");
        let at = 0;
        for (const found of text.matchAll(pattern)) {
            const mark = document.createElement("mark");
            mark.textContent = found[0];
            element.append(text.slice(at, found.index), mark);
            at = found.index + found[0].length;
        }
        element.append(text.slice(at));
        return element;
    }

    function hitOf(entry, wanted, number) {
        const link = document.createElement("a");
        link.id = "hit-" + number;
        link.href = entry.address;
        link.setAttribute("role", "option");
        link.tabIndex = -1;
        const place = document.createElement("small");
        place.textContent = entry.place;
        link.append(marked("b", entry.heading, wanted), " ", place);
        if (entry.text)
            link.append(marked("span", excerpt(entry, wanted), wanted));
        return link;
    }

    document.addEventListener("DOMContentLoaded", function () {
        const form = document.getElementById("search");
        const field = form.querySelector("input");
        const hits = document.getElementById("hits");
        let entries = null, chosen = -1;

        function choose(number) {
            const links = hits.querySelectorAll("a");
            chosen = links.length ? (number + links.length) % links.length : -1;
            links.forEach((link, i) => link.setAttribute("aria-selected", i === chosen));
            if (chosen >= 0) {
                field.setAttribute("aria-activedescendant", "hit-" + chosen);
                links[chosen].scrollIntoView({ block: "nearest" });
            } else {
                field.removeAttribute("aria-activedescendant");
            }
        }

        function close() {
            hits.hidden = true;
            field.setAttribute("aria-expanded", "false");
        }

        function show() {
            const wanted = stems(field.value);
            if (!entries || !wanted.length)
                return close();
            const found = find(entries, field.value);
            hits.replaceChildren(...found.map((entry, i) => hitOf(entry, wanted, i)));
            if (!found.length)
                hits.textContent = "Nothing was found.";
            hits.hidden = false;
            field.setAttribute("aria-expanded", "true");
            return choose(0);
        }

        function load() {
            window.bookIndex().then((index) => {
                if (!entries) {
                    entries = prepare(index);
                    show();
                }
            });
        }

        field.addEventListener("focus", () => { load(); show(); });
        field.addEventListener("input", show);
        field.addEventListener("keydown", function (event) {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                event.preventDefault();
                choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
            } else if (event.key === "Escape") {
                close();
                field.blur();
            }
        });
        form.addEventListener("submit", function (event) {
            event.preventDefault();
            const link = hits.querySelectorAll("a")[chosen];
            if (link && !hits.hidden) {
                close();
                location.href = link.href;
            }
        });
        hits.addEventListener("click", close);
        document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
        document.addEventListener("keydown", function (event) {
            const typing = event.target.closest("input, textarea, select, [contenteditable]");
            if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                field.focus();
                field.select();
            }
        });
    });
}());
