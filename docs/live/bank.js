/*
 * The point of the whole course, before anything is touched: bank in two sentences, and where it moves.
 */
(() => {
'use strict';

const {fixed, make, drawn, wordsOf, place} = LIVE;
const {run, adderTo, arcs, columns} = SENTENCE;

const UNIT = 88, LEFT = 30, TOP = 22, MOST = 3.3; // of the plane, in pixels
const across = x => LEFT + UNIT * x, up = y => TOP + UNIT * (MOST - y);

/** Where a row is in the plane of water and money. */
const point = row => ['water', 'money'].map(column => row[columns.indexOf(column)]);
const told = ([x, y]) => `(${Number.isInteger(x) ? x : fixed(x, 2)}, ${Number.isInteger(y) ? y : fixed(y, 2)})`;

/** bank in one of the two sentences: what it looks at most, and its way through the layer. */
function bankIn(sentence) {
    const {words, focus, heads: [sense]} = run(wordsOf(sentence).join(' '));
    const weights = sense.weights[focus], most = weights.indexOf(Math.max(...weights));
    return {words, weights, focus, most: {word: words[most], at: point(sense.x[most])},
            from: point(sense.x[focus]), to: point(sense.out[focus])};
}

function sentenceOf({words, weights, focus, most}, style) {
    return make('figure', {class: `bank-sentence ${style}`}, arcs(words, weights, focus),
        make('figcaption', {}, make('b', {}, words[focus]), ' listens to ', make('b', {}, most.word), '.'));
}

function plane(banks) {
    const width = LEFT + UNIT * MOST + 12, height = TOP + UNIT * MOST + 34;
    const svg = drawn('svg', {viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label':
        banks.map(({most, from, to}) => `${banks[0].words[banks[0].focus]} moves from ${told(from)} to ${told(to)}, ` +
            `towards ${most.word}`).join('; ')});
    const add = adderTo(svg);
    [1, 2, 3].forEach(n => {
        add('path', {d: `M${across(n)} ${up(0)}V${up(MOST)}M${across(0)} ${up(n)}H${across(MOST)}`, class: 'plot-grid'});
        add('text', {x: across(n), y: up(0) + 16, class: 'plot-axis plot-middle'}, n);
        add('text', {x: across(0) - 8, y: up(n) + 4, class: 'plot-axis plot-end'}, n);
    });
    add('path', {d: `M${across(0)} ${up(MOST)}V${up(0)}H${across(MOST)}`, class: 'plot-frame'});
    add('text', {x: across(MOST), y: up(0) + 31, class: 'plot-axis plot-end'}, 'water →');
    add('text', {x: across(0) - 22, y: 14, class: 'plot-axis'}, '↑ money');
    const [x, y] = banks[0].from;
    banks.forEach(({words, focus, most, to}, b) => {
        const style = `bank-${b}`, right = to[0] > to[1];
        add('circle', {cx: across(most.at[0]), cy: up(most.at[1]), r: 4, class: `${style} bank-goal`});
        add('text', {x: across(most.at[0]) + (right ? 0 : 10), y: up(most.at[1]) + (right ? -10 : 4),
                     class: right ? 'plot-middle' : ''}, most.word);
        add('path', {d: `M${across(x)} ${up(y)}L${across(to[0])} ${up(to[1])}`, class: `${style} bank-way`});
        add('circle', {cx: across(to[0]), cy: up(to[1]), r: 7, class: `${style} bank-to`,
                       style: `--x: ${across(x) - across(to[0])}px; --y: ${up(y) - up(to[1])}px`});
        const [dx, dy] = right ? [4, -30] : [14, -2];
        add('text', {x: across(to[0]) + dx, y: up(to[1]) + dy, class: 'bank-name'}, words[focus]);
        add('text', {x: across(to[0]) + dx, y: up(to[1]) + dy + 17, class: 'bank-at'}, told(to));
    });
    add('circle', {cx: across(x), cy: up(y), r: 6, class: 'bank-origin'});
    add('text', {x: across(x) - 10, y: up(y) + 12, class: 'bank-name plot-end'}, banks[0].words[banks[0].focus]);
    add('text', {x: across(x) - 10, y: up(y) + 29, class: 'bank-at plot-end'}, told([x, y]));
    return make('figure', {class: 'bank-plane'}, svg);
}

place('bank', () => {
    const banks = [bankIn(0), bankIn(1)];
    return make('div', {class: 'bank'},
                make('div', {}, sentenceOf(banks[0], 'bank-0'), sentenceOf(banks[1], 'bank-1')), plane(banks));
});
})();
