// Where the reader is: the menu of a phone, the section that is read, the chapters that were visited.
"use strict";

(function () {
    const KEY = "visited";

    // What a browser does not keep is known for this page only.
    function visited() {
        try {
            return JSON.parse(localStorage.getItem(KEY) || "[]");
        } catch (refused) {
            return [];
        }
    }

    function visit(page) {
        const pages = visited();
        if (!page.startsWith("chapter_") || pages.includes(page))
            return;
        try {
            localStorage.setItem(KEY, JSON.stringify(pages.concat(page)));
        } catch (refused) { /* no tick, then */ }
    }

    function tick(side) {
        const pages = visited();
        side.querySelectorAll("a[href^='chapter_']").forEach(function (link) {
            if (!pages.includes(link.getAttribute("href")))
                return;
            const mark = document.createElement("span");
            mark.className = "tick";
            mark.innerHTML = " ✓<span class='unseen'> visited</span>";
            link.append(mark);
        });
    }

    function addMenu(side) {
        const button = document.getElementById("menu");
        const set = function (open) {
            document.documentElement.classList.toggle("menu-open", open);
            button.setAttribute("aria-expanded", open);
        };
        button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
        document.addEventListener("keydown", function (event) {
            if (event.key === "Escape" && document.documentElement.classList.contains("menu-open")) {
                set(false);
                button.focus();
            }
        });
        side.addEventListener("click", (event) => { if (event.target.closest("a")) set(false); });
    }

    // Marks in the contents of the page the last section whose heading has passed the upper third of the window.
    function followReading() {
        const links = Array.from(document.querySelectorAll(".toc a[href^='#']"));
        const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
        let due = false;
        const mark = function () {
            due = false;
            const line = innerHeight / 3;
            const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
            const at = end ? links.length - 1
                : headings.findLastIndex((heading) => heading && heading.getBoundingClientRect().top < line);
            links.forEach(function (link, i) {
                if (i === at)
                    link.setAttribute("aria-current", "true");
                else
                    link.removeAttribute("aria-current");
            });
        };
        const later = function () {
            if (!due)
                requestAnimationFrame(mark);
            due = true;
        };
        if (links.length) {
            addEventListener("scroll", later, { passive: true });
            mark();
        }
    }

    // A lesson on paper, with its answers and hints unfolded.
    function addPrinting() {
        const turn = Array.from(document.querySelectorAll("nav.turn")).pop();
        if (!turn)
            return;
        const button = document.createElement("button");
        button.id = "print";
        button.type = "button";
        button.textContent = "Print with answers unfolded";
        button.addEventListener("click", function () {
            const folded = Array.from(document.querySelectorAll(".contents details:not([open])"));
            folded.forEach((part) => { part.open = true; });
            addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }), { once: true });
            print();
        });
        turn.after(button);
    }

    document.addEventListener("DOMContentLoaded", function () {
        const side = document.getElementById("side");
        visit(location.pathname.split("/").pop());
        tick(side);
        addMenu(side);
        followReading();
        addPrinting();
        const here = side.querySelector("[aria-current]");
        if (here)
            side.scrollTop = here.offsetTop - side.clientHeight / 2;
    });
}());
