/* Chapter 6: the hands of the sinusoids. */
(() => {
'use strict';

const {chapters, count, read, fixed, make, input, table, bars, drawn, message, attempt, part} = LIVE;
const {D_MODEL, REACH} = LIVE.sizes;

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

part('positions', positions);
})();
