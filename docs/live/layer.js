/*
 * The whole layer on a sentence of the reader's: every matrix, every cell with the products that made
 * it and the line of C that computes it, step by step. The numbers come from sentence.js, the lines
 * from docs/live/lines.py as LIVE_LINES.
 */
(() => {
'use strict';

const {chapters, count, fixed, make, input, shade, choice, lineOf, message, wordsOf, place} = LIVE;
const {run, arcs, columns, results, heads, WORDS} = SENTENCE;

const D_K = 4, LONGEST = 200; // letters of a sentence
const STAGE_TIME = 2200, PATIENCE = 500; // milliseconds: of a stage, and with a word that may not be finished

// --- Numbers and sums ----------------------------------------------------------------------------

const isShort = x => Number.isInteger(x) || Number.isInteger(10 * x);
const number = x => isShort(x) ? String(x) : fixed(x, 2);
const factor = x => x < 0 ? `(${number(x)})` : number(x);
const greatest = row => row.reduce((best, x, i) => x > row[best] ? i : best, 0);
const sub = (name, below) => [make('i', {}, name), make('sub', {}, below)];
const copies = parts => parts.map(part => part.cloneNode?.(true) ?? part);
const raised = x => ['e', make('sup', {}, x)];
const between = (lists, separator) => lists.flatMap((list, i) => i ? [separator, ...list] : list);

/** A sum of products, and what it gives: exactly, or rounded as shown. */
function sumOf(left, right, result) {
    const exact = [...left, ...right, result].every(isShort);
    return [left.map((x, i) => `${factor(x)}×${factor(right[i])}`).join(' + '), exact ? ' = ' : ' ≈ ',
            make('b', {}, number(result))];
}

// --- The matrices --------------------------------------------------------------------------------

// What heads them, what stands at their left and above them, and the stage from which they are known.
const SHOWN = {
    x: {title: ['X'], left: 'words', above: 'columns', from: 0},
    w_q: {title: sub('W', 'Q'), left: 'columns', from: 0},
    q: {title: ['Q, asks'], left: 'words', from: 1},
    w_k: {title: sub('W', 'K'), left: 'columns', from: 0},
    k: {title: ['K, answers'], left: 'words', from: 1},
    w_v: {title: sub('W', 'V'), left: 'columns', above: 'own', from: 0},
    v: {title: ['V, hands over'], left: 'words', above: 'own', from: 1},
    scores: {title: ['Scores, Q K', make('sup', {}, 'T')], left: 'words', above: 'words', from: 2},
    scaled: {title: ['Scaled, masked'], left: 'words', above: 'words', from: 3},
    weights: {title: ['Weights'], left: 'words', above: 'words', from: 5},
    head: {title: ['Result'], left: 'words', above: 'own', from: 6},
    concat: {title: ['Side by side'], left: 'words', above: 'results', from: 7},
    w_o: {title: sub('W', 'O'), left: 'results', above: 'columns', from: 0},
    out: {title: ['Out'], left: 'words', above: 'columns', from: 8},
};
const MASKED = 4; // the stage of the mask

/** A matrix as a grid with one stop of the tabulator; `choose(row, column)` hears of the focus. */
function grid(name, values, labels, choose) {
    const {title, left, above} = SHOWN[name];
    const rows = labels[left] || [], top = labels[above];
    const cells = values.map((row, r) => row.map((_, c) =>
        make('td', {role: 'gridcell', tabindex: r + c ? -1 : 0, focus: () => { stop(r, c); choose(r, c); },
                    keydown: event => move(event, r, c)})));
    const head = top ? [make('thead', {}, make('tr', {}, make('td'), ...top.map(text =>
        make('th', {scope: 'col'}, make('span', {}, text)))))] : [];
    const body = cells.map((row, r) => make('tr', {}, make('th', {scope: 'row'}, rows[r] || ''), ...row));
    const table = make('table', {role: 'grid', class: 'layer-grid'}, ...head, make('tbody', {}, ...body));
    const element = make('figure', {class: `layer-matrix layer-${name}`},
        make('figcaption', {}, ...copies(title),
             make('small', {}, ` ${values.length} × ${values[0].length}`)),
        make('div', {class: 'live-box'}, table));
    table.setAttribute('aria-label', element.firstChild.textContent);

    function stop(r, c) {
        cells.flat().forEach(cell => { cell.tabIndex = -1; });
        cells[r][c].tabIndex = 0;
    }
    function move(event, r, c) {
        const to = {ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
                    Home: [r, 0], End: [r, values[0].length - 1]}[event.key];
        if (to && cells[to[0]]?.[to[1]]) {
            event.preventDefault();
            cells[to[0]][to[1]].focus();
        }
    }
    const told = (r, c) => [rows[r], top && top[c]].filter(Boolean).join(', ');
    return {element, cells, stop, told};
}

// --- What happens --------------------------------------------------------------------------------

// The matrices of a stage, and what is said of it.
const STAGES = [
    {of: ['x'], say: now => `Each word is a row of ${columns.length} numbers` +
        `${now.positions ? ', to which its position is added' : ', one for each meaning'}.`},
    {of: ['q', 'k', 'v'], say: () => 'Three products with fixed matrices: what a word asks, what it answers to, what it hands over.'},
    {of: ['scores'], say: () => 'Each query meets each key. Their dot product is the score.'},
    {of: ['scaled'], say: now => now.scaled ? `Each score is divided by √${D_K}, so that long vectors do not decide everything.`
                                            : 'The scores stay as they are: the scale is off.'},
    {of: ['scaled'], say: now => now.causal ? 'The mask: a word must not look at a later one.'
                                            : 'No mask: every word may look at every word.'},
    {of: ['weights'], say: () => 'Softmax turns each row into weights that sum to one.'},
    {of: ['head'], say: () => 'Each word receives the values, mixed by its weights.'},
    {of: ['concat'], say: () => `The results of ${heads.join(' and ')} stand side by side.`},
    {of: ['out'], say: () => 'The last product mixes the heads, and leads back to the meanings of the columns.'},
    {of: ['out'], near: true, say: (now, {words, focus, before, after}) =>
        `${words[focus]} was nearest to ${before[focus][0].word}, and is now nearest to ${after[focus][0].word}.`},
];

/** How a cell was made: the sum, its line of C, and what made it: [matrix, row or null, column or null]. */
function explain(name, r, c, m, now, words) {
    const value = m[name][r][c], column = (rows, c) => rows.map(row => row[c]);
    const product = (left, right) => ({sum: sumOf(m[left][r], column(m[right], c), value), line: name,
                                       made: [[left, r, null], [right, null, c]]});
    const divided = [now.scaled ? ` / √${D_K}` : '', now.temperature === 1 ? '' : ` / ${now.temperature}`].join('');
    const blocked = m.open[r]?.[c] === 0;
    return {
        x: () => now.positions // of 8 columns: 10000^(2i/8) is 10^i
            ? {sum: [`${number(m.vectors[r][c])} + ${c % 2 ? 'cos' : 'sin'}(${r} / ${10 ** Math.floor(c / 2)}) ≈ `,
                     make('b', {}, number(value))], line: 'x', made: []}
            : {sum: [`${words[r]}: `, make('b', {}, number(value)), ` for ${columns[c]}, from the vocabulary`],
               line: 'vectors', made: []},
        q: () => product('x', 'w_q'), k: () => product('x', 'w_k'), v: () => product('x', 'w_v'),
        scores: () => ({sum: sumOf(m.q[r], m.k[c], value), line: name, made: [['q', r, null], ['k', c, null]]}),
        scaled: () => blocked && now.stage >= MASKED
            ? {sum: [make('b', {}, '−∞'), `: ${words[c]} comes after ${words[r]}`], line: 'blocked', made: [['scores', r, c]]}
            : {sum: [`${factor(m.scores[r][c])}${divided}${isShort(value) ? ' = ' : ' ≈ '}`, make('b', {}, number(value))],
               line: name, made: [['scores', r, c]]},
        weights: () => {
            const powers = m.scaled[r].map((x, j) => raised(m.open[r][j] === 0 ? '−∞' : number(x)));
            return {sum: [...copies(powers[c]), ' / (', ...between(powers, ' + '), ') ≈ ',
                          make('b', {}, number(value))], line: name, made: [['scaled', r, null]]};
        },
        head: () => product('weights', 'v'),
        concat: () => {
            const own = c - D_K * now.head, mine = own >= 0 && own < D_K;
            return {sum: [`column ${c % D_K} of the head ${heads[Math.floor(c / D_K)]}: `, make('b', {}, number(value))],
                    line: name, made: mine ? [['head', r, own]] : []};
        },
        out: () => product('concat', 'w_o'),
    }[name]?.() ?? {sum: [make('b', {}, number(value)), ', chosen by hand'], made: []};
}

// --- The part ------------------------------------------------------------------------------------

const START = {head: 0, causal: false, positions: false, scaled: true, temperature: 1, stage: STAGES.length - 1};
const STEPS_OF_TWO = 4; // of the slider: so many double the temperature

/** What an address asks for: #s=she+sat&head=1&causal=1 */
function stateOf(hash) {
    const asked = new URLSearchParams(hash.slice(1)), flag = (name, otherwise) =>
        asked.has(name) ? asked.get(name) === '1' : otherwise;
    const within = (name, least, most, otherwise) => {
        const value = Number(asked.get(name) ?? NaN);
        return value >= least && value <= most ? value : otherwise;
    };
    return {s: (asked.get('s') || wordsOf(0).join(' ')).slice(0, LONGEST),
            head: Math.floor(within('head', 0, heads.length - 1, START.head)),
            causal: flag('causal', START.causal), positions: flag('positions', START.positions),
            scaled: flag('scaled', START.scaled), temperature: within('t', 0.25, 4, START.temperature),
            stage: Math.floor(within('stage', 0, STAGES.length - 1, START.stage))};
}

function hashOf({s, head, causal, positions, scaled, temperature, stage}) {
    return '#' + new URLSearchParams({s, head, causal: Number(causal), positions: Number(positions),
                                      scaled: Number(scaled), t: temperature, stage});
}

function layer() {
    const now = stateOf(location.hash);
    let all = null, grids = {}, near = null, timer = 0, typing = 0;

    // What the reader operates.
    const text = input({type: 'text', id: 'layer-text', maxlength: LONGEST, spellcheck: 'false', autocapitalize: 'off',
                        input: () => change({s: text.value})});
    const button = (name, click) => make('button', {type: 'button', click}, name);
    const examples = [0, 1].map(sentence => button(wordsOf(sentence).join(' '), () => {
        text.value = wordsOf(sentence).join(' ');
        change({s: text.value});
    }));
    const headChoice = choice('Head', heads, now.head, head => change({head}));
    const box = (name, label) => {
        const element = input({type: 'checkbox', change: () => change({[name]: element.checked})});
        return {element, name, label: make('label', {}, element, ` ${label}`)};
    };
    const boxes = [box('causal', 'Causal'), box('positions', 'Positions'), box('scaled', `Scaled by √${D_K}`)];
    const slider = input({type: 'range', id: 'layer-temperature', min: -8, max: 8, step: 1, input: () =>
        change({temperature: Number((2 ** (slider.value / STEPS_OF_TWO)).toPrecision(3))})});
    const told = make('output', {for: 'layer-temperature'});
    const back = button('◀ Back', () => step(now.stage - 1)), forward = button('Forward ▶', () => step(now.stage + 1));
    const play = button('Play', () => timer ? pause() : start());
    const stage = message('layer-stage'), refusal = message('layer-refusal');
    const flow = make('div', {class: 'layer-flow'}), looks = make('div', {class: 'layer-looks'});
    const sum = make('p', {class: 'layer-sum'}), line = make('p', {class: 'layer-line'}), title = make('p', {class: 'layer-title'});
    const said = make('div', {class: 'layer-said', 'aria-live': 'polite'}, title, sum, line);

    function showControls() {
        if (text.value !== now.s)
            text.value = now.s;
        headChoice.labels[now.head].querySelector('input').checked = true;
        boxes.forEach(({element, name}) => { element.checked = now[name]; });
        slider.value = Math.round(STEPS_OF_TWO * Math.log2(now.temperature));
        slider.setAttribute('aria-valuetext', now.temperature);
        told.textContent = now.temperature;
    }

    /** The reader has changed something: everything is computed anew, and the address keeps it. */
    function change(changes) {
        Object.assign(now, changes);
        compute();
        keep();
    }
    function keep() {
        try {
            history.replaceState(history.state, '', hashOf(now));
        } catch { /* the page cannot be shared from here */ }
    }

    // The sentence.
    function compute() {
        showControls();
        clearTimeout(typing);
        try {
            all = run(now.s, now);
            refusal.replaceChildren();
            examples.forEach(example => { example.hidden = false; });
        } catch (error) {
            typing = setTimeout(() => refuse(error.message), PATIENCE);
            return;
        }
        build();
        typical();
    }
    /** Why the C refuses; the words that it offers can be taken. What was shown before stays. */
    function refuse(reason) {
        const [, wrong, ...offered] = reason.match(/^unknown word "(.*)"; the nearest known ones are (.*), (.*) and (.*)$/) || [];
        examples.forEach(example => { example.hidden = true; }); // the reason takes their place
        refusal.replaceChildren(offered.length ? `There is no ${wrong} in the vocabulary. Did you mean ` : `${reason}.`,
            ...offered.map(word => button(word, () => {
                text.focus();
                change({s: now.s.toLowerCase().replace(wrong, word)});
            })));
    }

    // The matrices.
    function build() {
        const own = results.slice(D_K * now.head, D_K * (now.head + 1));
        const labels = {words: all.words, columns, results, own}, m = all.heads[now.head];
        grids = Object.fromEntries(Object.keys(SHOWN).map(name =>
            [name, grid(name, m[name], labels, (r, c) => choose(name, r, c))]));
        near = nearTable();
        const of = (...names) => names.map(name => grids[name].element);
        const block = (style, title, ...elements) => make('div', {class: `layer-block layer-block-${style}`},
                                                          make('p', {class: 'layer-heading'}, ...title), ...elements);
        flow.replaceChildren(
            block('project', ['Every word asks, answers and hands over'],
                  make('p', {class: 'layer-hint'}, 'A cell is ', make('b', {class: 'layer-first'}, 'the row at its left'), ' times ',
                       make('b', {class: 'layer-second'}, 'the column above it'), '.'), ...of('x', 'w_q', 'q', 'w_k', 'k', 'w_v', 'v')),
            block('attend', ['The head ', make('b', {}, heads[now.head]), ' looks around'],
                  ...of('scores', 'scaled', 'weights', 'head')),
            block('join', ['All heads together'], ...of('concat', 'w_o', 'out'), near));
    }
    function nearTable() {
        const name = ({word, cosine}) => [make('span', {}, word, make('small', {}, ` ${fixed(cosine, 2)}`)), ' '];
        const rows = all.words.map((word, t) => make('tr', {}, make('th', {scope: 'row'}, word),
            make('td', {}, ...name(all.before[t][0])), make('td', {}, ...all.after[t].flatMap(name))));
        return make('figure', {class: 'layer-matrix layer-near'}, make('figcaption', {}, 'Nearest words'),
            make('div', {class: 'live-box'}, make('table', {class: 'layer-names'}, make('thead', {}, make('tr', {}, make('td'),
                make('th', {scope: 'col'}, 'before'), make('th', {scope: 'col'}, 'after'))), make('tbody', {}, ...rows))));
    }
    function fill() {
        const m = all.heads[now.head], {of, near: last} = STAGES[now.stage];
        for (const [name, {element, cells, told}] of Object.entries(grids)) {
            const known = SHOWN[name].from <= now.stage;
            element.classList.toggle('layer-now', of.includes(name) && !last);
            element.classList.toggle('layer-ahead', !known);
            cells.forEach((row, r) => row.forEach((cell, c) => {
                const shut = m.open[r]?.[c] === 0 && (name === 'weights' || name === 'scaled' && now.stage >= MASKED);
                const shown = !known ? '' : shut && name === 'scaled' ? '−∞' : number(m[name][r][c]);
                cell.textContent = shown;
                cell.className = known && shut ? 'layer-shut' : shown === '0' ? 'layer-nothing' : '';
                cell.setAttribute('aria-label', `${told(r, c)}: ${shown || 'not yet computed'}`);
                if (name === 'weights')
                    shade(cell, known ? m.weights[r][c] : 0);
            }));
        }
        near.classList.toggle('layer-now', Boolean(last));
        near.classList.toggle('layer-ahead', !last);
    }

    // The cell.
    function choose(name, r, c) {
        now.stage = Math.max(now.stage, SHOWN[name].from);
        show(name, r, c);
    }
    /** The cell of a stage that tells most: a blocked one, or where the row of the word that is followed is greatest. */
    function typical() {
        const m = all.heads[now.head], name = STAGES[now.stage].of[0];
        const row = name === 'scores' || name === 'scaled' ? m.weights[all.focus] : m[name][all.focus];
        const [r, c] = now.stage === MASKED && now.causal ? [0, all.words.length - 1] : [all.focus, greatest(row)];
        grids[name].stop(r, c);
        show(name, r, c);
    }
    function show(name, r, c) {
        const m = all.heads[now.head], {sum: parts, line: source, made} = explain(name, r, c, m, now, all.words);
        fill();
        grids[name].cells[r][c].classList.add('layer-chosen');
        made.forEach(([from, row, column], second) => grids[from].cells.forEach((cells, i) => cells.forEach((cell, j) => {
            if ((row === null || row === i) && (column === null || column === j))
                cell.classList.add(second ? 'layer-second' : 'layer-first');
        })));
        title.replaceChildren(...copies(SHOWN[name].title), ` · ${grids[name].told(r, c)}`);
        sum.replaceChildren(...parts);
        line.replaceChildren(...lineOf(source));
        const from = SHOWN[name].left === 'words' ? r : all.focus;
        looks.replaceChildren(arcs(all.words, m.weights[from], from));
        stage.replaceChildren(make('b', {}, `${now.stage + 1} of ${STAGES.length} `), STAGES[now.stage].say(now, all));
        back.disabled = now.stage === 0;
        forward.disabled = now.stage === STAGES.length - 1;
    }

    // The stages.
    function go(to) {
        now.stage = Math.min(Math.max(to, 0), STAGES.length - 1);
        typical();
        keep();
    }
    function step(to) {
        pause();
        go(to);
    }
    function start() {
        go(now.stage === STAGES.length - 1 ? 0 : now.stage + 1);
        play.textContent = 'Pause';
        timer = setInterval(() => now.stage < STAGES.length - 1 ? go(now.stage + 1) : pause(), STAGE_TIME);
    }
    function pause() {
        clearInterval(timer);
        timer = 0;
        play.textContent = 'Play';
    }

    addEventListener('hashchange', () => {
        if (location.hash.startsWith('#s='))
            change(stateOf(location.hash));
    });
    compute();
    if (!all) { // the address asks for a sentence that cannot be read: say so above one that can
        const asked = now.s;
        Object.assign(now, {s: wordsOf(0).join(' ')});
        compute();
        Object.assign(now, {s: asked});
        compute();
    }
    return make('section', {'aria-label': 'The whole layer', class: 'layer'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), `Type up to ${WORDS} words from the `,
             make('a', {href: 'vocabulary.html'}, 'vocabulary'), '. Choose any cell to see what made it, or press Play.'),
        make('div', {class: 'live-row layer-sentence'}, make('label', {for: 'layer-text'}, 'Sentence'), text),
        make('div', {class: 'live-row layer-examples'}, ...examples, refusal),
        make('div', {class: 'live-row layer-switches'}, headChoice.element, ...boxes.map(({label}) => label),
             make('label', {for: 'layer-temperature'}, 'Temperature'), slider, told),
        make('div', {class: 'live-row layer-steps'}, back, play, forward, stage), looks,
        make('div', {}, flow, said)); // of their own, so that what is said never lies over the switches
}

place('layer', layer);
})();
