/* Chapter 1: two words as arrows that the reader moves; their dot product, lengths and angle. */
(() => {
'use strict';

const {chapters, count, read, wordsOf, fixed, make, drawn, lineOf, message, list, place} = LIVE;
const {adderTo, columns} = SENTENCE;

const PLANE = ['place', 'water'], MOST = 4, STEP = 0.5; // the numbers reach from -MOST to MOST
const UNIT = 40, MARGIN = 26, SIZE = 2 * (UNIT * MOST + MARGIN);
const across = x => SIZE / 2 + UNIT * x, up = y => SIZE / 2 - UNIT * y;

const number = x => Number.isInteger(10 * x) ? String(x) : fixed(x, 2);
const factor = x => x < 0 ? `(${number(x)})` : number(x);
const snapped = x => Math.min(MOST, Math.max(-MOST, Math.round(x / STEP) * STEP));

/** What the angle says. */
function meaning({sum, cosine, degrees}, [a, b]) {
    if (Number.isNaN(cosine))
        return 'An arrow of length 0 points nowhere: there is no angle.';
    const angle = `${fixed(degrees, 0)}°`;
    return sum === 0 ? `${a} and ${b} have nothing in common: at a right angle the dot product is 0.`
        : sum < 0 ? `${a} and ${b} point apart, ${angle}: the dot product is below 0.`
        : `${a} and ${b} are alike: they point the same way but for ${angle}, and the dot product is above 0.`;
}

function arrows() {
    const [river, bank] = ['river', 'bank'].map(word => {
        const all = new Float32Array(chapters.memory.buffer, chapters.live_vector(wordsOf(0).indexOf(word)), columns.length);
        return PLANE.map(column => all[columns.indexOf(column)]);
    });
    const START = {names: ['river', 'bank'], ends: [river, bank]};
    const PAIRS = [['river and bank', START],
                   ['twice as long', {names: ['river', 'twice bank'], ends: [river, bank.map(x => 2 * x)]}],
                   ['at a right angle', {names: ['river', 'the other'], ends: [river, [-river[1], river[0]]]}],
                   ['opposite', {names: ['river', 'its opposite'], ends: [river, river.map(x => -x)]}]];
    let {names, ends} = START;

    // The plane.
    const svg = drawn('svg', {viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, class: 'arrows-plane'});
    const add = adderTo(svg), kept = (tag, attributes) => { add(tag, attributes); return svg.lastChild; };
    count(2 * MOST + 1).map(i => i - MOST).forEach(n => {
        add('path', {d: `M${across(n)} ${up(-MOST)}V${up(MOST)}M${across(-MOST)} ${up(n)}H${across(MOST)}`, class: 'plot-grid'});
        if (n && n % 2 === 0) {
            add('text', {x: across(n), y: up(0) + 14, class: 'plot-axis plot-middle'}, n);
            add('text', {x: across(0) - 6, y: up(n) + 4, class: 'plot-axis plot-end'}, n);
        }
    });
    add('path', {d: `M${across(-MOST)} ${up(0)}H${across(MOST)}M${across(0)} ${up(-MOST)}V${up(MOST)}`, class: 'plot-frame'});
    add('text', {x: across(MOST) + 8, y: up(0) + 30, class: 'plot-axis plot-end'}, `${PLANE[0]} →`);
    add('text', {x: across(0) + 8, y: up(MOST) - 8, class: 'plot-axis'}, `↑ ${PLANE[1]}`);
    const arc = kept('path', {class: 'arrows-angle'}), told = kept('text', {class: 'plot-axis plot-middle'});
    const drawings = count(2).map(i => ({
        shaft: kept('path', {class: `arrow-${i} arrows-shaft`}), head: kept('path', {class: `arrow-${i} arrows-head`}),
        name: kept('text', {class: `arrow-${i} arrows-name`})}));
    const handles = count(2).map(i => {
        const handle = kept('circle', {r: 14, class: 'arrows-handle', tabindex: 0, role: 'slider', 'aria-valuemin': -MOST,
                                       'aria-valuemax': MOST});
        handle.addEventListener('keydown', event => steer(event, i));
        handle.addEventListener('pointerdown', event => { handle.setPointerCapture(event.pointerId); event.preventDefault(); handle.focus(); });
        handle.addEventListener('pointermove', event => handle.hasPointerCapture(event.pointerId) && drag(event, i));
        return handle;
    });

    function drag(event, i) {
        const box = svg.getBoundingClientRect(), unit = UNIT * box.width / SIZE;
        move(i, [(event.clientX - box.left - box.width / 2) / unit, (box.top + box.height / 2 - event.clientY) / unit]);
    }
    function steer(event, i) {
        const [x, y] = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP]}[event.key] || [];
        if (x === undefined)
            return;
        event.preventDefault();
        move(i, [ends[i][0] + x, ends[i][1] + y]);
    }
    function move(i, to) {
        const end = to.map(snapped);
        if (end.join() === ends[i].join())
            return;
        ends = ends.map((old, j) => i === j ? end : old);
        names = names.map((name, j) => i === j ? ['the first', 'the second'][j] : name);
        show();
    }

    // The numbers.
    const output = message('live-long');
    const rows = ['Dot product', 'Lengths', 'Cosine', 'Angle'].map(name => ({name, cell: make('dd', {class: 'part-sum'})}));
    const sums = make('dl', {class: 'part-sums'}, ...rows.flatMap(({name, cell}) => [make('dt', {}, name), cell]));
    const buttons = PAIRS.map(([name, pair]) => make('button', {type: 'button', click: () => {
        ({names, ends} = pair);
        show();
    }}, name));

    function showArrow(i) {
        const [x, y] = ends[i], {shaft, head, name} = drawings[i], turn = Math.atan2(-y, x), long = Math.hypot(x, y);
        const at = `translate(${across(x)} ${up(y)})`;
        shaft.setAttribute('d', `M${across(0)} ${up(0)}L${across(x)} ${up(y)}`);
        head.setAttribute('transform', `${at} rotate(${turn * 180 / Math.PI})`);
        head.setAttribute('d', long ? 'M0 0L-13 -6V6Z' : 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0');
        handles[i].setAttribute('transform', at);
        name.textContent = names[i];
        name.setAttribute('x', Math.min(SIZE - 40, Math.max(40, across(x) + 24 * (long ? x / long : 1))));
        name.setAttribute('y', Math.max(12, up(y) - (y < 0 ? -26 : 14)));
        handles[i].setAttribute('aria-label', `The tip of ${names[i]}`);
        handles[i].setAttribute('aria-valuenow', x);
        handles[i].setAttribute('aria-valuetext', `${PLANE[0]} ${number(x)}, ${PLANE[1]} ${number(y)}`);
    }
    function showAngle({cosine, degrees}) {
        const [from, to] = ends.map(([x, y]) => Math.atan2(y, x)), half = from + Math.atan2(Math.sin(to - from), Math.cos(to - from)) / 2;
        const point = (turn, r) => `${across(0) + r * Math.cos(turn)} ${up(0) - r * Math.sin(turn)}`, [x, y] = point(half, 46).split(' ');
        arc.setAttribute('d', cosine > -2 ? `M${point(from, 28)}A28 28 0 0 ${Math.sin(to - from) > 0 ? 0 : 1} ${point(to, 28)}` : '');
        told.textContent = cosine > -2 ? `${fixed(degrees, 0)}°` : '';
        told.setAttribute('x', x);
        told.setAttribute('y', Number(y) + 4);
    }
    function show() {
        const all = read(chapters.live_arrows(...ends[0], ...ends[1]),
                         {products: [2], sum: [], lengths: [2], cosine: [], degrees: []});
        const [a, b] = ends, [first, second] = all.lengths.map(number), b1 = text => make('b', {}, text);
        count(2).forEach(showArrow);
        showAngle(all);
        [[count(2).map(i => `${factor(a[i])}×${factor(b[i])}`).join(' + '), ' = ', all.products.map(factor).join(' + '), ' = ', b1(number(all.sum))],
         [`${names[0]} `, b1(first), `, ${names[1]} `, b1(second)],
         [`${number(all.sum)} / (${first} × ${second}) ${Number.isNaN(all.cosine) ? '= ' : '≈ '}`, b1(fixed(all.cosine, 2))],
         [b1(Number.isNaN(all.degrees) ? '–' : `${fixed(all.degrees, 2)}°`)]]
            .forEach((parts, i) => rows[i].cell.replaceChildren(...parts));
        svg.setAttribute('aria-label', count(2).map(i => `${names[i]} at ${list(ends[i].map(number))}`).join('; '));
        output.textContent = meaning(all, names);
    }
    show();
    return make('section', {'aria-label': 'Two arrows', class: 'arrows'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), 'Pull the tip of an arrow, or move it with the arrow keys. When is the dot product 0?'),
        make('div', {class: 'live-row'}, ...buttons),
        make('div', {class: 'arrows-both'}, svg, make('div', {}, output, sums, make('p', {class: 'part-line'}, ...lineOf('dot')))));
}

place('arrows', arrows);
})();
