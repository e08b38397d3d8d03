/*
 * The whole layer on a sentence of the reader's: what is operated, and the address that keeps it. The numbers come from
 * sentence.js, the picture from view.js.
 */
(() => {
'use strict';

const {make, input, choice, message, wordsOf, place} = LIVE;
const {run, columns, results, heads, WORDS} = SENTENCE;
const {number} = MATRICES;
const {view, STAGES} = VIEW;

const D_K = 4, LONGEST = 200; // letters of a sentence
const PATIENCE = 500; // milliseconds with a word that may not be finished

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
    let all = null, typing = 0;

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
    const refusal = message('layer-refusal'), shown = view(now, keep);

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
        shown.draw(picture());
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

    /** What was computed, for the view. */
    function picture() {
        const m = all.heads[now.head], own = results.slice(D_K * now.head, D_K * (now.head + 1));
        return {...all, m, heads, d_k: D_K, d_v: D_K, unit: 'word', named: true, told: number, given: ', chosen by hand',
                labels: {words: all.words, keys: all.words, columns, own, results, outs: columns}, origin};
    }
    /** How a number of X was made: from the vocabulary, and perhaps a position. */
    function origin(r, c) {
        const {x, vectors} = all.heads[now.head], value = make('b', {}, number(x[r][c]));
        return now.positions // of 8 columns: 10000^(2i/8) is 10^i
            ? {sum: [`${number(vectors[r][c])} + ${c % 2 ? 'cos' : 'sin'}(${r} / ${10 ** Math.floor(c / 2)}) ≈ `, value], line: 'x', made: []}
            : {sum: [`${all.words[r]}: `, value, ` for ${columns[c]}, from the vocabulary`], line: 'vectors', made: []};
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
        ...shown.elements);
}

place('layer', layer);
})();
