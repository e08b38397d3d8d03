// What stands behind a link, when it is pointed at or focused: the definition of a term, a cited work, the declaration of
// a name in a listing.
"use strict";

(function () {
    let shown = null; // the link

    const tip = document.createElement("div");
    tip.id = "tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;

    function hide() {
        if (shown)
            shown.removeAttribute("aria-describedby");
        shown = null;
        tip.hidden = true;
    }

    // Under the link, or above it where there is no room.
    function place(link) {
        const box = link.getClientRects()[0];
        tip.hidden = false;
        const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
        const below = box.bottom + 6 + tip.offsetHeight <= innerHeight;
        tip.style.left = Math.max(8, Math.min(box.left, room)) + "px";
        tip.style.top = (below ? box.bottom + 6 : box.top - 6 - tip.offsetHeight) + "px";
    }

    function show(link, heading, ...texts) {
        if (shown !== link)
            return;
        const name = document.createElement("b");
        name.textContent = heading;
        tip.replaceChildren(name, ...texts.filter(Boolean).map(function (text) {
            const part = document.createElement("p");
            part.textContent = text;
            return part;
        }));
        link.setAttribute("aria-describedby", "tip");
        place(link);
    }

    // Doxygen leaves what it knows of a name in the page.
    function declared(link) {
        const part = Array.from(document.querySelectorAll(".ttc .ttname a"))
            .find((name) => name.getAttribute("href") === link.getAttribute("href"));
        const text = (kind) => part.closest(".ttc").querySelector(kind)?.textContent;
        if (part)
            show(link, part.textContent, text(".ttdeci"), text(".ttdoc"));
    }

    function begin(event) {
        const link = event.target.closest && event.target.closest("a.term, .fragment a");
        if (!link || link === shown)
            return;
        hide();
        shown = link;
        if (!link.matches(".term"))
            return declared(link);
        window.bookIndex().then(function (index) {
            const entry = index.find((other) => other[1] === link.getAttribute("href"));
            if (entry)
                show(link, entry[2], entry[4].replace(/^\([\d, ]+\)\. /, ""));
        });
    }

    document.addEventListener("DOMContentLoaded", function () {
        document.body.append(tip);
        document.addEventListener("mouseover", begin);
        document.addEventListener("focusin", begin);
        document.addEventListener("mouseout", (event) => { if (event.target.closest("a") === shown) hide(); });
        document.addEventListener("focusout", hide);
        document.addEventListener("scroll", () => { if (!tip.hidden) place(shown); }, { passive: true });
        document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    });
}());
