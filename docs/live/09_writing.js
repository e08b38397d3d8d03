/* Chapter 9: two heads that copy, and the cache that fills while they write. */
(() => {
'use strict';

const {chapters, count, read, fixed, make, shade, drawn, rove, lineOf, stepper, place} = LIVE;
const {adderTo} = SENTENCE;

const STEPS = 4, TEXT = 14, KINDS = 7; // as in live.h
const ROW = 26, WIDTH = 96; // of the arcs, in pixels
const middle = t => ROW * (t + 0.5);
const greatest = row => row.reduce((best, x, i) => x > row[best] ? i : best, 0);

/** An arc at the left of the rows, from one to another; further is wider. */
function arcOf(from, to) {
    const far = WIDTH - Math.min(WIDTH - 8, 14 + 9 * Math.abs(from - to));
    return `M${WIDTH} ${middle(from)}C${far} ${middle(from)} ${far} ${middle(to)} ${WIDTH} ${middle(to)}`;
}

function writing() {
    const step = anew => read(chapters.live_writing(anew), {
        count: [], fresh: [], weights: [2, TEXT, TEXT], keys: [TEXT, KINDS], values: [TEXT, KINDS], probability: [],
        names: [KINDS, 'text'], words: [TEXT, 'text'], next: ['text']});
    const moments = [step(true), ...count(STEPS).map(() => step(false))], {names} = moments[0];
    let now = moments[0], chosen = now.count - 1;

    // A row for each word; the word that comes next stands behind the last one.
    const cells = count(TEXT + 1).map(t => make('td', {class: 'writing-word', focus: () => choose(t)}));
    const strips = () => count(TEXT + 1).map(() => names.map(() => make('td', {class: 'writing-cell'})));
    const keys = strips(), values = strips();
    const rows = cells.map((cell, t) => make('tr', {}, cell, ...keys[t], make('td'), ...values[t]));
    const heads = () => names.map(name => make('th', {scope: 'col'}, make('span', {}, name)));
    const table = make('table', {class: 'part-table writing-table', role: 'grid', 'aria-label': 'The text, and what the second head keeps of it'},
        make('thead', {}, make('tr', {}, make('td'), make('th', {colspan: KINDS, scope: 'colgroup'}, 'Key: before me'), make('td'),
                               make('th', {colspan: KINDS, scope: 'colgroup'}, 'Value: I am')),
             make('tr', {}, make('td'), ...heads(), make('td'), ...heads())),
        make('tbody', {}, ...rows));
    rove(cells.map(cell => [cell]));
    const svg = drawn('svg', {viewBox: `0 0 ${WIDTH} ${ROW * (TEXT + 1)}`, width: WIDTH, height: ROW * (TEXT + 1), preserveAspectRatio: 'none',
                              class: 'writing-arcs', 'aria-hidden': true});
    const sum = make('p', {class: 'writing-said', 'aria-live': 'polite'});

    function choose(t) {
        chosen = Math.min(t, now.count - 1);
        show();
    }
    function draw() {
        const found = greatest(now.weights[1][chosen]), add = adderTo(svg);
        svg.replaceChildren();
        now.weights.forEach((head, h) => head.slice(0, now.count).forEach((row, t) => row.forEach((weight, to) => {
            const lit = h === 0 ? t === found : t === chosen;
            if (weight > 0.01 && t !== to && (h === 0 || lit))
                add('path', {d: arcOf(t, to), class: `writing-head-${h} ${lit ? 'writing-lit' : ''}`, 'stroke-opacity': weight});
        })));
    }
    function show() {
        const found = greatest(now.weights[1][chosen]), word = now.words[chosen], most = table => Math.max(...table.flat());
        const kept = [[keys, now.keys, most(now.keys)], [values, now.values, most(now.values)]];
        cells.forEach((cell, t) => {
            const there = t < now.count, fresh = t >= now.count - now.fresh;
            cell.replaceChildren(...there ? [now.words[t], ...fresh ? [make('small', {}, ' new')] : []]
                                          : t === now.count ? [make('i', {}, now.next), make('small', {}, ` ${fixed(now.probability, 2)}`)] : []);
            cell.className = `writing-word ${t === chosen ? 'writing-asks' : t === found ? 'writing-found' : ''}`;
            rows[t].className = there ? '' : 'writing-ahead';
            kept.forEach(([strip, numbers, full]) => strip[t].forEach((one, k) => shade(one, there ? numbers[t][k] / full : 0)));
            cell.setAttribute('aria-label', there ? `${now.words[t]}, ${fresh ? 'computed now' : 'kept'}`
                              : t === now.count ? `next: ${now.next}` : 'not yet written');
        });
        keys.forEach((row, t) => row.forEach((one, k) => one.classList.toggle('writing-match', t === found && names[k] === word)));
        draw();
        sum.replaceChildren(make('b', {}, word), ' asks: behind which word did I stand last? ', ...found === 0
            ? ['Behind none: it looks at the full stop.']
            : ['The key of ', make('b', {}, now.words[found]), ` says "before me: ${now.words[found - 1]}", so ${now.words[found]} is copied.`]);
    }
    const steps = stepper(at => {
        now = moments[at];
        chosen = now.count - 1;
        show();
        return now.fresh > 1 ? `The prompt: all ${now.fresh} rows are computed, and their keys and values kept. Next: ${now.next}.`
            : `${now.words[now.count - 1]} is written. Only its row is computed; ${now.count - now.fresh} rows are kept. Next: ${now.next}.`;
    });
    steps.begin(moments.length, 1); // of which all but one row is kept
    return make('section', {'aria-label': 'Two heads that copy', class: 'writing'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), 'Press Play: the model writes. Or choose a word to see where it looks.'),
        steps.element, steps.output, sum,
        make('div', {class: 'writing-both'}, svg, table),
        make('p', {class: 'part-line'}, make('u', {class: 'writing-key-1'}), ' the second head looks here ', make('u', {class: 'writing-key-0'}),
             ' the first head has noted the word before'),
        make('p', {class: 'part-line'}, ...lineOf('kept')));
}

place('writing', writing);
})();
