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
const WORDS = 6, FILLING = 2, PLACES = WORDS + FILLING, D_K = 4, HEADS = 2, NEAREST = 3;
const D_MODEL = 8, REACH = 6, LETTERS = 9;

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

/** What has changed, for the eyes and for screen readers. */
const message = (style = '') =>
    make('output', {class: `live-message ${style}`, 'aria-live': 'polite'});

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

// --- Chapter 2: temperature ----------------------------------------------------------------------

function temperature() {
    const words = wordsOf(0), output = message();
    const rows = bars(`The row of ${words.at(-1)}`, ['score', 'weight'], [0, 4]);
    const slider = input({type: 'range', id: 'live-tau', min: -24, max: 56, step: 1, value: 0,
                          input: slide});
    const number = input({type: 'number', 'aria-label': 'Temperature, as a number', min: 0,
                          step: 'any', value: 1, input: type});
    function show() {
        attempt(output, () => {
            const tau = number.valueAsNumber;
            const row = read(chapters.live_temperature(tau),
                             {scores: [WORDS], weights: [WORDS], bits: []});
            rows.show(words, row.scores, row.weights);
            return `τ = ${number.value}: ${words.at(-1)} weighs ${mostOf(words, row.weights)}. ` +
                `Entropy: ${fixed(row.bits, 2)} bits.`;
        }, () => rows.show(words, null, null));
    }
    // Eight steps of the slider double the temperature.
    function slide() {
        number.value = Number((2 ** (slider.value / 8)).toPrecision(3));
        slider.setAttribute('aria-valuetext', number.value);
        show();
    }
    function type() {
        const steps = Math.round(8 * Math.log2(number.valueAsNumber));
        if (Number.isFinite(steps))
            slider.value = steps;
        slider.setAttribute('aria-valuetext', number.value);
        show();
    }
    slide();
    return ['Move the temperature. Where does river weigh one half? Where does bank weigh most?', show,
        make('div', {class: 'live-row'}, make('label', {for: 'live-tau'}, 'Temperature τ'), slider,
             number), rows.element, output];
}

// --- Chapter 3: attention ------------------------------------------------------------------------

function attention() {
    const columns = count(D_K).map(i => string(chapters.live_column(i))), output = message();
    const sentences = [wordsOf(0), wordsOf(1)];
    let sentence = 0, word = WORDS - 1;
    const chips = wordChoice('The word that asks', word, i => { word = i; show(); });
    const rows = bars('What it looks at', ['score', 'weight'], [2, 2]);
    const values = table('What becomes of it', columns, ['hands over', 'receives']);
    function fill(rows) {
        values.cells.forEach((cells, r) => cells.forEach((cell, c) => {
            cell.textContent = rows ? fixed(rows[r][c], 2) : '–';
        }));
    }
    function show() {
        const words = sentences[sentence];
        attempt(output, () => {
            const all = read(chapters.live_attention(sentence),
                             {scores: [WORDS, WORDS], weights: [WORDS, WORDS], values: [WORDS, D_K],
                              results: [WORDS, D_K]});
            chips.show(words, all.weights[word]);
            rows.show(words, all.scores[word], all.weights[word]);
            fill([all.values[word], all.results[word]]);
            return `${words[word]} looks at ${mostOf(words, all.weights[word])}.`;
        }, () => {
            chips.show(words, null);
            rows.show(words, null, null);
            fill(null);
        });
    }
    show();
    return ['Choose the word that asks. Then give bank the other sentence.', show,
        sentenceChoice(sentences, i => { sentence = i; show(); }), chips.element, rows.element,
        values.element, output];
}

// --- Chapter 5: heads ----------------------------------------------------------------------------

function heads() {
    const names = count(HEADS).map(h => string(chapters.live_head(h)));
    const output = message('live-long');
    const sentences = [wordsOf(0), wordsOf(1)];
    let sentence = 0, head = 0, word = WORDS - 1;
    const chips = wordChoice('The word that asks', word, i => { word = i; show(); });
    const rows = bars('What it looks at in this head', ['weight'], [2]);
    const near = table('Nearest words to its result, with the cosine', ['first', 'second', 'third'],
                       [...names.map(name => `${name} alone`), 'the whole layer'], 'live-near');
    function fill(all) {
        near.cells.forEach((cells, r) => cells.forEach((cell, n) => {
            cell.replaceChildren(...all ? [`${all.nearest[r][word][n]} `,
                make('small', {}, fixed(all.cosines[r][word][n], 2))] : ['–']);
        }));
    }
    function show() {
        const words = sentences[sentence];
        attempt(output, () => {
            const all = read(chapters.live_heads(sentence),
                             {weights: [HEADS, WORDS, WORDS], cosines: [HEADS + 1, WORDS, NEAREST],
                              nearest: [HEADS + 1, WORDS, NEAREST, 'text']});
            chips.show(words, all.weights[head][word]);
            rows.show(words, all.weights[head][word]);
            fill(all);
            const looks = `looks at ${mostOf(words, all.weights[head][word])}`;
            return `In ${names[head]}, ${words[word]} ${looks}. ` +
                `After the layer it is nearest to ${all.nearest[HEADS][word][0]}.`;
        }, () => {
            chips.show(words, null);
            rows.show(words, null);
            fill(null);
        });
    }
    show();
    return ['Choose a word and switch the heads. What would each of them alone make of it?', show,
        sentenceChoice(sentences, i => { sentence = i; show(); }),
        choice('Head', names, 0, i => { head = i; show(); }).element, chips.element, rows.element,
        near.element, output];
}

// --- Chapter 6: positions ------------------------------------------------------------------------

/** A clock face with one hand, to be set to the point (sine, cosine). */
function clock() {
    const hand = drawn('line', {x1: 0, y1: 0});
    const tip = drawn('circle', {class: 'live-tip', r: 0.1});
    const face = drawn('svg', {viewBox: '-1.15 -1.15 2.3 2.3', 'aria-hidden': true});
    face.append(drawn('circle', {r: 1}), hand, tip);
    const set = (...point) => { // the y of a picture grows downwards; a mistake may give no number
        const [sine, cosine] = point.map(x => Number.isFinite(x) ? x : 0);
        hand.setAttribute('x2', sine);
        hand.setAttribute('y2', -cosine);
        tip.setAttribute('cx', sine);
        tip.setAttribute('cy', -cosine);
    };
    return {face, set};
}

function positions() {
    const output = message(), clocks = count(D_MODEL / 2).map(clock);
    const follow = (from, to) => () => { to.value = from.value; show(); };
    const slider = input({type: 'range', id: 'live-position', min: 0, max: 500, value: 3});
    const number = input({type: 'number', 'aria-label': 'Position, as a number', min: 0,
                          max: 500, value: 3});
    slider.addEventListener('input', follow(slider, number));
    number.addEventListener('input', follow(number, slider));
    const columns = count(D_MODEL / 2).map(i => `${2 * i}, ${2 * i + 1}`);
    const sines = table('Four hands, each in two columns', columns, ['hand', 'sine', 'cosine'],
                        'live-hands');
    const distances = count(2 * REACH + 1).map(i => `k = ${i - REACH}`);
    const rows = bars('Dot product with position t + k', ['product'], [2], distances.length, 4);
    sines.cells[0].forEach((cell, i) => cell.replaceChildren(clocks[i].face));
    function show() {
        const t = Number(number.value);
        attempt(output, () => {
            if (number.value === '' || !Number.isInteger(t) || t < 0 || t > 500)
                throw new Error('The position is a whole number from 0 to 500.');
            const {encoding, products} = read(chapters.live_positions(t),
                                              {encoding: [D_MODEL], products: [2 * REACH + 1]});
            clocks.forEach((clock, i) => clock.set(encoding[2 * i], encoding[2 * i + 1]));
            encoding.forEach((x, c) => {
                sines.cells[1 + c % 2][Math.floor(c / 2)].textContent = fixed(x, 2);
            });
            rows.show(distances, products);
            return `Position ${t}: with itself ${fixed(products[REACH], 2)}, with the next ` +
                `position ${fixed(products[REACH + 1], 2)}.`;
        }, () => {
            sines.cells.slice(1).flat().forEach(cell => { cell.textContent = '–'; });
            rows.show(distances, null);
        });
    }
    show();
    return ['Move the position. The hands turn: what do the dot products do?', show,
        make('div', {class: 'live-row'}, make('label', {for: 'live-position'}, 'Position t'),
             slider, number), sines.element, rows.element, output];
}

// --- Chapter 7: masks ----------------------------------------------------------------------------

function masks() {
    const words = [...wordsOf(0), ...count(FILLING).map(() => 'pad')];
    const output = message('live-long');
    const grid = table('Weights of the head sense', [...words, 'sum'], words, 'live-grid');
    const buttons = grid.cells.map((row, i) => row.slice(0, PLACES).map((cell, j) => {
        const button = make('button', {type: 'button', tabindex: i + j === 0 ? 0 : -1,
                                       click: () => press(i, j),
                                       keydown: event => move(event, i, j)});
        cell.replaceChildren(button);
        return button;
    }));
    const causal = input({type: 'checkbox', change: () => show()});
    const told = make('output', {for: 'live-padding'}, '0');
    const padding = input({type: 'range', id: 'live-padding', min: 0, max: PLACES, value: 0,
                           input: () => show()});
    const allowed = () =>
        new Float32Array(chapters.memory.buffer, chapters.live_allowed(), PLACES ** 2);

    grid.element.querySelector('table').setAttribute('role', 'grid');

    function press(i, j) {
        focus(i, j);
        allowed()[i * PLACES + j] = 1 - allowed()[i * PLACES + j];
        show();
    }
    function focus(i, j) {
        buttons.flat().forEach(button => { button.tabIndex = -1; });
        buttons[i][j].tabIndex = 0;
        buttons[i][j].focus();
    }
    function move(event, i, j) {
        const to = {ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1],
                    ArrowRight: [i, j + 1], Home: [i, 0], End: [i, PLACES - 1]}[event.key];
        if (to && buttons[to[0]]?.[to[1]]) {
            event.preventDefault();
            focus(...to);
        }
    }
    function showCell(i, j, weight, open, hand) {
        const button = buttons[i][j], text = weight === null ? '–' : fixed(weight, 2);
        button.textContent = text;
        button.className = (open ? '' : 'live-shut') + (hand ? ' live-hand' : '');
        button.setAttribute('aria-pressed', hand);
        button.setAttribute('aria-label',
                            `${words[i]} asks ${words[j]}: ${text}${open ? '' : ', blocked'}`);
        shade(button, weight);
    }
    function showAll(result) {
        const own = allowed();
        words.forEach((_, i) => {
            words.forEach((_, j) => showCell(i, j, result && result.weights[i][j],
                                             !result || result.open[i][j] === 1,
                                             own[i * PLACES + j] === 0));
            grid.cells[i][PLACES].textContent = result ? fixed(result.sums[i], 2) : '–';
        });
    }
    function show() {
        told.textContent = padding.value;
        attempt(output, () => {
            const result = read(chapters.live_masks(causal.checked, Number(padding.value)),
                                {weights: [PLACES, PLACES], open: [PLACES, PLACES],
                                 sums: [PLACES]});
            const shut = words.filter((_, i) => result.open[i].every(open => open === 0));
            const blocked = result.open.flat().filter(open => open === 0).length;
            showAll(result);
            const odd = words.filter((word, i) => !shut.includes(word) && fixed(result.sums[i], 2) !== '1.00');
            return `${blocked} of ${PLACES ** 2} cells are blocked. ` +
                (odd.length > 0 ? `These rows do not sum to one: ${list(odd)}.`
                 : shut.length > 0 ? `Nobody to attend to, so zeros: ${list(shut)}.`
                                   : 'Every row sums to one.');
        }, () => showAll(null));
    }
    show();
    return ['Press a cell to block it, or to open it again. Under the causal mask, block the ' +
        'first cell: who is left for she to attend to?', show,
        make('div', {class: 'live-row'},
             make('label', {}, causal, ' Causal: nobody sees a later word'),
             make('button', {type: 'button', click: () => { allowed().fill(1); show(); }},
                  'Open all cells')),
        make('div', {class: 'live-row'},
             make('label', {for: 'live-padding'}, 'Padding: last keys blocked'), padding, told),
        grid.element, output];
}

// --- Chapter 11: learning ------------------------------------------------------------------------

/** The loss over the steps on a logarithmic axis, with a mark at the moment that is shown. */
function lossCurve(steps) {
    const highest = 4, lowest = 0.01, height = 0.3;
    const line = drawn('polyline', {}), mark = drawn('circle', {r: 0.012});
    const curve = drawn('svg', {viewBox: `-0.02 -0.02 1.04 ${height + 0.04}`, class: 'live-curve',
                                role: 'img', 'aria-label': 'The loss over the steps'});
    const at = ({step, loss}) =>
        [step / steps, height * Math.log(highest / loss) / Math.log(highest / lowest)];
    curve.append(drawn('path', {d: `M0 0V${height}H1`}), line, mark);
    const set = (moments, shown) => {
        line.setAttribute('points', moments.slice(1).map(moment => at(moment).join()).join(' '));
        const [x, y] = at(moments[Math.max(shown, 1)] || {step: 0, loss: highest});
        mark.setAttribute('cx', x);
        mark.setAttribute('cy', y);
    };
    const element = make('div', {class: 'live-loss'}, 'Loss, on a logarithmic axis', curve);
    return {element, set};
}

function learning() {
    const STRIDE = 30; // steps between two pictures for those who want no motion
    const calm = matchMedia('(prefers-reduced-motion: reduce)'), output = message('live-long');
    const step = anew => read(chapters.live_learning(anew),
                              {step: [], steps: [], loss: [], due: [], weights: [LETTERS, LETTERS],
                               reads: ['text'], writes: ['text']});
    let moments = [], shown = 0, runs = false;
    const last = () => moments.length - 1, begin = () => { moments = [step(true)]; shown = 0; };
    begin();
    const {steps, reads} = moments[0], letters = [...reads];
    const loss = lossCurve(steps);
    const grid = table('Where the decoder looks for each letter, in percent', letters,
                       [...letters.slice(0, -1).reverse(), ...letters.slice(-1)], 'live-heat');
    const slider = input({type: 'range', id: 'live-step', min: 0, max: steps, value: 0,
                          input: () => pauseAnd(() => { shown = Math.min(slider.valueAsNumber, last()); })});
    const told = make('output', {for: 'live-step'});
    const button = (text, click) => make('button', {type: 'button', click}, text);
    const play = button('Train', () => runs ? pauseAnd(() => {}) : run());
    const one = button('One step', () => pauseAnd(() => shown < last() ? shown++ : advance()));
    const again = button('Begin anew', () => pauseAnd(begin));
    function mark(now) {
        runs = now;
        play.textContent = runs ? 'Pause' : 'Train';
        output.setAttribute('aria-live', runs ? 'off' : 'polite');
    }
    function pauseAnd(change) {
        mark(false);
        change();
        show();
    }
    function run() {
        mark(true);
        if (last() === steps)
            begin();
        requestAnimationFrame(frame);
    }
    function advance() {
        if (last() < steps)
            moments.push(step(false));
        shown = last();
    }
    function frame() {
        if (!runs)
            return;
        advance();
        if (shown === steps)
            mark(false);
        if (!runs || !calm.matches || shown % STRIDE === 0)
            show();
        requestAnimationFrame(frame);
    }
    function show() {
        const {step, due, weights, writes} = moments[shown];
        slider.value = step;
        slider.setAttribute('aria-valuetext', `step ${step}`);
        told.textContent = `${step} of ${steps}`;
        grid.cells.forEach((row, r) => row.forEach((cell, c) => {
            cell.textContent = Math.round(100 * weights[r][c]);
            shade(cell, weights[r][c]);
        }));
        loss.set(moments, shown);
        output.textContent = `${step ? `Loss ${fixed(moments[shown].loss, 2)}, weight` : 'Weight'} on the letter ` +
            `that is due ${fixed(due, 2)}. ${reads} becomes ${writes}`;
    }
    show();
    return ['Press Train: your browser trains the model now, a step for each picture. Which letter ' +
        'finds its place first?', show,
        make('div', {class: 'live-row'}, play, one, again),
        make('div', {class: 'live-row'}, make('label', {for: 'live-step'}, 'Step'), slider, told),
        loss.element, grid.element, output];
}

// --- All together --------------------------------------------------------------------------------

const PARTS = {temperature, attention, heads, positions, masks, learning};

/** Puts a part into its places. What cannot start leaves them as they are. */
function place(name, build) {
    for (const found of chapters ? document.querySelectorAll(`[data-live=${name}]`) : []) {
        try {
            found.replaceChildren(build());
        } catch { /* the page teaches without it */ }
    }
}

for (const [name, part] of Object.entries(PARTS))
    place(name, () => {
        const [question, show, ...elements] = part();
        return make('section', {'aria-label': 'Try it'},
                    make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), question),
                    ...elements, ...mistakeChoice(name, show, elements));
    });

return {chapters, textAt, string, count, read, wordsOf, fixed, make, input, shade, choice, drawn, message, list, place};
})();
