/* Chapter 2: the temperature of a softmax. */
(() => {
'use strict';

const {chapters, read, wordsOf, fixed, make, input, bars, message, mostOf, attempt, part} = LIVE;
const {WORDS} = LIVE.sizes;

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

part('temperature', temperature);
})();
