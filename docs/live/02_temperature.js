/* Chapter 2: the temperature of a softmax. */
(() => {
'use strict';

const {chapters, count, read, wordsOf, fixed, make, input, bars, drawn, message, mostOf, attempt, part} = LIVE;
const {adderTo} = SENTENCE;
const {WORDS} = LIVE.sizes;

const LEAST = -24, MOST = 56, OF_TWO = 8; // of the slider, and so many steps double the temperature
const temperatureOf = step => Number((2 ** (step / OF_TWO)).toPrecision(3));
const rowAt = tau => read(chapters.live_temperature(tau), {scores: [WORDS], weights: [WORDS], bits: []});

/** The weights against the temperature: a line for each word, and a point on it where the reader is. */
function curves(words) {
    const WIDTH = 560, HEIGHT = 194, LEFT = 34, TOP = 10, BASE = 160;
    const across = step => LEFT + (WIDTH - LEFT - 24) * (Math.min(MOST, Math.max(LEAST, step)) - LEAST) / (MOST - LEAST);
    const up = weight => BASE - (BASE - TOP) * Math.min(1, Math.max(0, weight || 0)); // mistakes know no bounds
    const svg = drawn('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'temperature-curves', role: 'img', 'aria-label':
        'The weight of each word against the temperature'});
    const add = adderTo(svg), kept = (tag, attributes) => { add(tag, attributes); return svg.lastChild; };
    [0, 0.5, 1].forEach(weight => {
        add('path', {d: `M${LEFT} ${up(weight)}H${across(MOST)}`, class: 'plot-grid'});
        add('text', {x: LEFT - 6, y: up(weight) + 4, class: 'plot-axis plot-end'}, weight);
    });
    count((MOST - LEAST) / 16 + 1).map(i => LEAST + 16 * i).forEach(step =>
        add('text', {x: across(step), y: BASE + 24, class: 'plot-axis plot-middle'}, temperatureOf(step)));
    const here = kept('path', {class: 'plot-frame'});
    const lines = words.map((_, w) => kept('polyline', {class: `temperature-line temperature-${w}`}));
    const points = words.map((_, w) => kept('circle', {r: 5, class: `temperature-point temperature-${w}`}));
    const show = (tau, weights) => {
        const steps = count(MOST - LEAST + 1).map(i => LEAST + i), rows = steps.map(step => rowAt(temperatureOf(step)).weights);
        const x = across(OF_TWO * Math.log2(tau));
        here.setAttribute('d', `M${x} ${TOP}V${BASE}`);
        lines.forEach((line, w) => line.setAttribute('points', steps.map((step, i) => `${across(step)},${up(rows[i][w])}`).join(' ')));
        points.forEach((point, w) => { point.setAttribute('cx', x); point.setAttribute('cy', up(weights[w])); });
    };
    const named = [4, 5, 0].map(w => make('span', {class: `temperature-${w}`}, make('u'), w ? ` ${words[w]} ` : ' each other word'));
    return {element: make('div', {class: 'live-box'}, svg, make('p', {class: 'part-line'}, ...named)), show};
}

function temperature() {
    const words = wordsOf(0), output = message();
    const curve = curves(words), rows = bars(`The row of ${words.at(-1)}`, ['score', 'weight'], [0, 4]);
    const slider = input({type: 'range', id: 'live-tau', min: LEAST, max: MOST, step: 1, value: 0,
                          input: slide});
    const number = input({type: 'number', 'aria-label': 'Temperature, as a number', min: 0,
                          step: 'any', value: 1, input: type});
    function show() {
        attempt(output, () => {
            const tau = number.valueAsNumber;
            const row = rowAt(tau);
            curve.show(tau, row.weights);
            rows.show(words, row.scores, row.weights);
            return `τ = ${number.value}: ${words.at(-1)} weighs ${mostOf(words, row.weights)}. ` +
                `Entropy: ${fixed(row.bits, 2)} bits.`;
        }, () => rows.show(words, null, null));
    }
    function slide() {
        number.value = temperatureOf(slider.value);
        slider.setAttribute('aria-valuetext', number.value);
        show();
    }
    function type() {
        const steps = Math.round(OF_TWO * Math.log2(number.valueAsNumber));
        if (Number.isFinite(steps))
            slider.value = steps;
        slider.setAttribute('aria-valuetext', number.value);
        show();
    }
    slide();
    return ['Move the temperature. Where does river weigh one half? Where does bank weigh most?', show,
        make('div', {class: 'live-row'}, make('label', {for: 'live-tau'}, 'Temperature τ'), slider,
             number), curve.element, rows.element, output];
}

part('temperature', temperature);
})();
