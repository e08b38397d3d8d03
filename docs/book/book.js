// The colour scheme, the copy buttons and the boxes that scroll. Without scripts the book follows the
// system's colours and lacks nothing else.
"use strict";

(function () {
    const root = document.documentElement;
    const system = window.matchMedia("(prefers-color-scheme: dark)");

    function stored() {
        try {
            return localStorage.getItem("scheme");
        } catch (refused) {
            return null;
        }
    }

    function isDark() {
        return stored() ? stored() === "dark" : system.matches;
    }

    function show() {
        root.classList.toggle("dark-mode", isDark());
        root.classList.toggle("light-mode", !isDark());
        const button = document.getElementById("scheme");
        if (button) {
            button.textContent = isDark() ? "☀" : "☾";
            button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
        }
    }

    function toggle() {
        const next = isDark() ? "light" : "dark";
        try {
            localStorage.setItem("scheme", next);
        } catch (refused) { /* for this page only */
            stored = () => next;
        }
        show();
    }

    function addToggle() {
        document.getElementById("scheme").addEventListener("click", toggle);
        show();
    }

    // What a reader wants of a box: of a session the commands, of a listing the text.
    function textOf(box) {
        if (box.matches(".console"))
            return Array.from(box.querySelectorAll("b"), (command) => command.textContent).join("\n") + "\n";
        const copy = box.cloneNode(true);
        copy.querySelectorAll(".lineno, .ttc, button").forEach((node) => node.remove());
        const lines = copy.querySelectorAll(".line");
        return lines.length ? Array.from(lines, (line) => line.textContent).join("\n") + "\n" : copy.textContent;
    }

    function copyText(text) {
        if (navigator.clipboard)
            return navigator.clipboard.writeText(text);
        const area = document.createElement("textarea");
        area.value = text;
        document.body.appendChild(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
    }

    function addCopyButton(box) {
        const frame = document.createElement("div");
        frame.className = "code-frame";
        const button = document.createElement("button");
        button.type = "button";
        button.className = "copy";
        button.textContent = "Copy";
        button.setAttribute("aria-label", box.matches(".console") ? "Copy the commands" : "Copy the code");
        button.addEventListener("click", function () {
            const say = (word) => {
                button.textContent = word;
                setTimeout(() => { button.textContent = "Copy"; }, 1500);
            };
            copyText(textOf(box)).then(() => say("Copied"), () => say("Not copied"));
        });
        box.replaceWith(frame);
        frame.append(box, button);
    }

    // Where a line is wider than its box, the comment at its end takes the next one.
    function wrapAtComments() {
        document.querySelectorAll(".contents div.line:has(> .comment)").forEach(function (line) {
            line.classList.remove("long");
            line.classList.toggle("long", line.scrollWidth > line.clientWidth + 1);
        });
    }

    // A box that scrolls must be reached by the keyboard too.
    function letScroll(box) {
        const wide = box.scrollWidth > box.clientWidth + 1;
        if (wide && !box.hasAttribute("tabindex")) {
            box.tabIndex = 0;
            box.setAttribute("role", "region");
            box.setAttribute("aria-label", box.dataset.label || "Scrolls sideways");
        }
    }

    const BOXES = ".fragment, .table-box, .formula-box, figure, .memproto, .dotgraph, div.contents";

    function letAllScroll() {
        wrapAtComments();
        document.querySelectorAll(BOXES).forEach(letScroll);
    }

    function foldContents() {
        const contents = document.querySelector(".toc details");
        if (contents && window.matchMedia("(max-width: 1249px)").matches)
            contents.open = false;
    }

    root.classList.add("scripts");
    show();
    system.addEventListener("change", show);
    window.addEventListener("beforeprint", () => root.classList.replace("dark-mode", "light-mode"));
    window.addEventListener("afterprint", show);
    document.addEventListener("DOMContentLoaded", function () {
        addToggle();
        foldContents();
        document.querySelectorAll(".contents .fragment:not(.said)").forEach(addCopyButton);
        letAllScroll();
        document.addEventListener("toggle", letAllScroll, true);
    });
    window.addEventListener("resize", letAllScroll);
}());
