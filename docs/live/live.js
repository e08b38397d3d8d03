/*
 * The interactive parts of the book. Each stands in <div class="live" data-live="NAME">, below a
 * picture that teaches without it or in place of that picture. The numbers are computed by the chapters' own
 * C (docs/live/live.h), compiled to WebAssembly; LIVE_MODULE holds it as base64, because a page
 * opened from a disk may not fetch a file. What cannot start stays away. LIVE_MISTAKES holds what
 * docs/live/switches.py has found: the named mistakes that can be seen in a part.
 */
const LIVE = (() => {
'use strict';

// As in live.h.
const WORDS = 6;
const sizes = {WORDS, FILLING: 2, PLACES: WORDS + 2, D_K: 4, HEADS: 2, NEAREST: 3, D_MODEL: 8, REACH: 6, LETTERS: 9};

// --- The chapters' C -----------------------------------------------------------------------------

const chapters = start();

function start() {
    try {
        const bytes = Uint8Array.from(atob(LIVE_MODULE), c => c.charCodeAt(0));
        // The module may ask the system to write or to stop. It never does, and here nothing would
        // answer. It asks for the environment, too, which is empty.
        const refuse = () => 52, empty = (...addresses) => {
            addresses.forEach(at => new DataView(exports.memory.buffer).setUint32(at, 0, true));
            return 0;
        };
        const system = {fd_close: refuse, fd_seek: refuse, fd_write: refuse, proc_exit: refuse,
                        environ_sizes_get: empty, environ_get: () => 0};
        const {exports} = new WebAssembly.Instance(new WebAssembly.Module(bytes),
                                                   {wasi_snapshot_preview1: system});
        exports._initialize();
        return exports;
    } catch {
        return null;
    }
}

function textAt(address) {
    const bytes = new Uint8Array(chapters.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
}

/** What the C hands back: an address, or 0 when it refuses. */
function checked(address) {
    if (address === 0)
        throw new Error(textAt(chapters.live_error()));
    return address;
}

/** Copies a structure: {name: [rows, columns], ...}, of floats or, with 'text' last, of strings. */
function read(start, fields) {
    let address = checked(start);
    const view = new DataView(chapters.memory.buffer);
    const take = shape => {
        if (typeof shape[0] === 'number')
            return Array.from({length: shape[0]}, () => take(shape.slice(1)));
        address += 4;
        return shape[0] === 'text' ? textAt(view.getUint32(address - 4, true))
                                   : view.getFloat32(address - 4, true);
    };
    return Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, take(shape)]));
}

const string = address => textAt(checked(address));
const count = n => Array.from({length: n}, (_, i) => i);
const wordsOf = sentence => count(WORDS).map(i => string(chapters.live_word(sentence, i)));

/** As C prints it: a 5 that ends the exact number goes to the even neighbour (0.125 is 0.12). */
function fixed(x, decimals) {
    if (Number.isNaN(x))
        return '–';
    const scaled = x * 10 ** decimals; // exact, for x comes from 24 bits
    const tie = scaled - Math.floor(scaled) === 0.5;
    return (tie ? 2 * Math.round(scaled / 2) / 10 ** decimals : x).toFixed(decimals);
}

// --- Building blocks -----------------------------------------------------------------------------

/** An element. Of its attributes a function listens, and what is false or absent is left out. */
function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === 'function')
            element.addEventListener(name, value);
        else if (value !== false && value !== undefined)
            element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children);
    return element;
}

/** An input that the browser does not fill in by itself when the reader comes back to the page. */
const input = attributes => make('input', {autocomplete: 'off', ...attributes});

function shade(element, share) {
    element.style.setProperty('--share', Math.min(1, Math.max(0, share || 0))); // mistakes know no bounds
}

let groups = 0;

/** Options of which one is chosen, by mouse or by arrow keys. Hands over its number. */
function choice(legend, names, chosen, listen, style = '') {
    const group = `live-${++groups}`;
    const marks = names.map(() => make('small'));
    const texts = names.map(name => make('b', {}, name));
    const labels = names.map((name, i) => make('label', {},
        input({type: 'radio', name: group, value: i, checked: i === chosen,
               change: () => listen(i)}),
        make('span', {}, texts[i], ' ', marks[i])));
    const element = make('fieldset', {class: `live-choice ${style}`}, make('legend', {}, legend),
                         make('div', {}, ...labels));
    return {element, labels, marks, texts};
}

/** Words to choose from, each shaded by what it weighs. */
function wordChoice(legend, chosen, listen) {
    const {element, labels, marks, texts} =
        choice(legend, count(WORDS).map(() => ''), chosen, listen, 'live-words');
    const show = (words, weights) => words.forEach((word, i) => {
        texts[i].textContent = word;
        marks[i].textContent = weights ? fixed(weights[i], 2) : '–';
        shade(labels[i], weights ? weights[i] : null);
    });
    return {element, show};
}

const sentenceChoice = (sentences, listen) =>
    choice('Sentence', sentences.map(words => words.join(' ')), 0, listen).element;

/** A table with names above and on the left, in a box that scrolls. */
function table(caption, columns, rows, style = '') {
    const cells = rows.map(() => columns.map(() => make('td', {}, '–')));
    const heads = rows.map(name => make('th', {scope: 'row'}, name));
    const names = columns.map(name => name ? make('th', {scope: 'col'}, name) : make('td'));
    const body = rows.map((_, r) => make('tr', {}, heads[r], ...cells[r]));
    const element = make('div', {class: 'live-box'},
        make('table', {class: `live-table ${style}`}, make('caption', {}, caption),
             make('thead', {}, make('tr', {}, make('td'), ...names)), make('tbody', {}, ...body)));
    return {element, cells, heads};
}

/** A row for each word: its numbers, and the last of them as a bar. The whole bar is `most`. */
function bars(caption, columns, decimals, rows = WORDS, most = 1) {
    const made = table(caption, [...columns, ''], count(rows).map(() => ''), 'live-bars');
    const fills = made.cells.map(row => make('i'));
    made.cells.forEach((row, r) => row[columns.length].replaceChildren(fills[r]));
    const show = (words, ...numbers) => words.forEach((word, r) => {
        made.heads[r].textContent = word;
        numbers.forEach((list, c) => {
            made.cells[r][c].textContent = list ? fixed(list[r], decimals[c]) : '–';
        });
        shade(fills[r], numbers.at(-1) ? numbers.at(-1)[r] / most || 0 : null);
    });
    return {element: made.element, show};
}

/** A part of a drawing. */
function drawn(tag, attributes) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    return element;
}

/** Makes one stop of the tabulator of cells in rows: arrows, Home and End move inside. */
function rove(rows) {
    const stop = cell => rows.flat().forEach(one => { one.tabIndex = one === cell ? 0 : -1; });
    rows.forEach((row, r) => row.forEach((cell, c) => {
        cell.addEventListener('focus', () => stop(cell));
        cell.addEventListener('keydown', event => {
            const to = {ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
                        Home: [r, 0], End: [r, row.length - 1]}[event.key];
            const next = to && rows[to[0]]?.[to[1]];
            if (next) {
                event.preventDefault();
                next.focus();
            }
        });
    }));
    stop(rows[0][0]);
    return stop;
}

/** The line of C that computes something, by its name in docs/live/lines.py. */
function lineOf(name) {
    const {text, function: from, chapter, address} = LIVE_LINES[name] || {};
    return text ? [make('code', {}, text), ' ', make('small', {}, `${from}()`,
        ...(chapter ? [', ', make('a', {href: address}, `chapter ${chapter}`)] : []))] : ['\u00a0'];
}

/** What has changed, for the eyes and for screen readers. */
const message = (style = '') =>
    make('output', {class: `live-message ${style}`, 'aria-live': 'polite'});

/** Back, play, forward: show(step) draws a step and gives what is said of it. begin() says how many there are. */
function stepper(show) {
    const TIME = 2000; // milliseconds for a step
    let now = 0, count = 1, timer = 0;
    const button = (text, click) => make('button', {type: 'button', click}, text), output = message('live-long');
    const back = button('◀ Back', () => pauseAnd(now - 1)), forward = button('Forward ▶', () => pauseAnd(now + 1));
    const play = button('Play', () => timer ? pauseAnd(now) : start());
    function go(to) {
        now = Math.min(Math.max(to, 0), count - 1);
        output.replaceChildren(make('b', {}, `${now + 1} of ${count}`), ` ${show(now)}`);
        back.disabled = now === 0;
        forward.disabled = now === count - 1;
    }
    function pauseAnd(to) {
        clearInterval(timer);
        timer = 0;
        play.textContent = 'Play';
        go(to);
    }
    function start() {
        go(now === count - 1 ? 0 : now + 1);
        play.textContent = 'Pause';
        timer = setInterval(() => now < count - 1 ? go(now + 1) : pauseAnd(now), TIME);
    }
    const begin = (steps, first) => { count = steps; pauseAnd(first); };
    return {element: make('div', {class: 'live-row live-steps'}, back, play, forward), output, begin, go};
}

/** "a", "a and b", "a, b and c" */
const list = names =>
    [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean).join(' and ');

function mostOf(words, weights) {
    const most = Math.max(...weights), best = words.filter((_, i) => weights[i] === most);
    if (best.length === 0)
        return 'nothing, because its weights are not numbers';
    const each = best.length > 1 ? ' each' : '';
    return best.length === words.length ? `all words alike, ${fixed(most, 2)}${each}`
                                        : `${list(best)} most, ${fixed(most, 2)}${each}`;
}

/** Runs what shows numbers. If the C refuses, there are no numbers, and the reason is said. */
function attempt(output, show, clear) {
    try {
        output.textContent = show();
    } catch (error) {
        clear();
        output.textContent = error.message;
    }
}

/** A mistake of the chapter, made in its C when the reader chooses it. */
function mistakeChoice(part, show, elements) {
    if (!(part in LIVE_MISTAKES))
        return [];
    const {chapter, mistakes} = LIVE_MISTAKES[part], output = message('live-symptom');
    const options = mistakes.map(({belief}, i) => make('option', {value: i + 1}, belief));
    const select = make('select', {id: 'live-mistake', autocomplete: 'off', change: choose},
                        make('option', {value: 0}, 'nothing wrong'), ...options);
    function shownWith(mistake) {
        chapters.live_mistake(chapter, mistake);
        show();
        return elements.map(element => element.textContent).join();
    }
    function choose() {
        const number = Number(select.value), changes = shownWith(0) !== shownWith(number);
        const {name, address, symptom} = mistakes[number - 1] || {};
        output.replaceChildren(...name
            ? [make('a', {href: address}, name), `: ${symptom}`,
               changes ? '' : ' Here it cannot be seen yet: change something above.'] : []);
    }
    return [make('div', {class: 'live-row'}, make('label', {for: 'live-mistake'},
                                                  'What if you believe'), select), output];
}

// --- The parts -----------------------------------------------------------------------------------

/** Puts a part into its places. What cannot start leaves them as they are. */
function place(name, build) {
    for (const found of chapters ? document.querySelectorAll(`[data-live=${name}]`) : []) {
        try {
            found.replaceChildren(build());
        } catch { /* the page teaches without it */ }
    }
}

/** A chapter's part: build() gives what is asked of the reader, what shows the numbers anew, and the elements. */
function part(name, build) {
    place(name, () => {
        const [question, show, ...elements] = build();
        return make('section', {'aria-label': 'Try it'},
                    make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), question),
                    ...elements, ...mistakeChoice(name, show, elements));
    });
}

return {chapters, sizes, textAt, string, count, read, wordsOf, fixed, make, input, shade, choice, wordChoice, sentenceChoice,
        table, bars, drawn, rove, lineOf, message, stepper, list, mostOf, attempt, place, part};
})();
