/* Chapter 11: a model that learns to reverse a text. */
(() => {
'use strict';

const {chapters, read, fixed, make, input, shade, table, drawn, message, part} = LIVE;
const {LETTERS} = LIVE.sizes;

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

part('learning', learning);
})();
