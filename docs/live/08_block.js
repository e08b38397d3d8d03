/* Chapter 8: one word on its way through a block; bars before and after each step. */
(() => {
'use strict';

const {chapters, count, read, wordsOf, fixed, make, choice, rove, lineOf, stepper, place} = LIVE;
const {columns} = SENTENCE;
const {WORDS, D_MODEL} = LIVE.sizes;

const MOST = 4; // the number at which a bar has its full length
const number = x => Number.isInteger(x) ? String(x) : fixed(x, 2);
const factor = x => x < 0 ? `(${number(x)})` : number(x);
const greatest = row => row.reduce((best, x, i) => Math.abs(x) > Math.abs(row[best]) ? i : best, 0);
const most = row => `${columns[greatest(row)]} ${number(row[greatest(row)])}`;

// What a row is called, what is said of it, and what it is made of. `path` leads past the rows between.
const x = {of: 'x', name: 'the word', say: (word, row) => `${word} as it is: most of all ${most(row)}.`};
const norm = (of, from) => ({of, name: 'normalised', from: [from], line: 'norm',
                             say: () => 'The norm brings every row to the same size: mean 0, variance 1, then the gain.'});
const heard = {of: 'heard', name: 'attention says', line: 'out', say: (word, row) => `What ${word} hears from the others: most of all ${most(row)}.`};
const answer = {of: 'answer', name: 'the network says', say: (word, row) =>
    row.every(n => n === 0) ? `No rule of the network applies to ${word}.` : `A rule of the network applies to ${word}: ${most(row)}.`};
const sum = (of, left, right, name) => ({of, name, from: [left, right], line: 'residual', path: left, say: (word, row, all) =>
    `The path around the step brings back what ${word} was: ${most(all[left])} becomes ${number(row[greatest(all[left])])}.`});
const WAYS = [
    [x, heard, sum('sum_1', 'x', 'heard', 'word + that'), norm('middle', 'sum_1'), answer,
     sum('sum_2', 'middle', 'answer', 'both added'), norm('out', 'sum_2')],
    [x, norm('input_1', 'x'), heard, sum('middle', 'x', 'heard', 'word + that'), norm('input_2', 'middle'), answer,
     sum('out', 'middle', 'answer', 'both added')],
];
const ROWS = WAYS[0].length;

/** What the block has made of a word. */
function end(word, before, after) {
    const first = greatest(before), last = greatest(after);
    return first === last ? `${word} is still most of all ${columns[first]}: ${number(before[first])} before the block, ${number(after[first])} after it.`
        : `${word} has become ${columns[last]} ${number(after[last])}; of ${columns[first]} ${number(before[first])}, ${number(after[first])} is left.`;
}

function block() {
    const TABLE = [WORDS, D_MODEL], words = wordsOf(0);
    const ways = [false, true].map(pre => read(chapters.live_block(pre), {
        x: TABLE, input_1: TABLE, heard: TABLE, sum_1: TABLE, middle: TABLE, input_2: TABLE, answer: TABLE, sum_2: TABLE, out: TABLE}));
    let way = 0, word = WORDS - 1, step = ROWS - 1, at = [ROWS - 1, columns.indexOf('water')];

    const cells = count(ROWS).map(r => columns.map((_, c) => make('td', {class: 'block-cell', role: 'gridcell', focus: () => choose(r, c)})));
    const names = count(ROWS).map(() => make('th', {scope: 'row'})), paths = count(ROWS).map(() => make('td'));
    const table = make('table', {class: 'part-table block-table', role: 'grid', 'aria-label': 'One word on its way through the block'},
        make('thead', {}, make('tr', {}, make('td'), make('td'), ...columns.map(name => make('th', {scope: 'col'}, make('span', {}, name))))),
        make('tbody', {}, ...cells.map((row, r) => make('tr', {}, paths[r], names[r], ...row))));
    const stop = rove(cells);
    const told = make('p', {class: 'part-sum block-sum', 'aria-live': 'polite'}), code = make('p', {class: 'part-line'});

    const rowOf = name => ways[way][name][word];
    function choose(r, c) {
        at = [r, c];
        if (r > step)
            steps.go(r);
        show();
    }
    function show() {
        const stations = WAYS[way], [chosen, column] = at, made = stations[chosen].from || [];
        stations.forEach(({of, name}, r) => {
            names[r].textContent = r === 0 ? words[word] : name;
            const after = stations.findIndex((other, i) => i > r && other.path === of);
            const passed = stations.some((other, i) => i > r && stations.findIndex(({of}) => of === other.path) < r && other.path);
            paths[r].className = [after > 0 && 'block-from', stations[r].path && 'block-to', passed && 'block-pass'].filter(Boolean).join(' ');
            cells[r].forEach((cell, c) => {
                const value = rowOf(of)[c], known = r <= step;
                cell.style.setProperty('--share', known ? Math.min(1, Math.abs(value) / MOST) : 0);
                cell.textContent = known ? fixed(value, 1) : '';
                const source = c === column ? made.indexOf(of) : -1;
                cell.className = ['block-cell', value < 0 && 'block-below', r === chosen && c === column && 'block-chosen',
                                  source === 0 && 'block-first', source === 1 && 'block-second'].filter(Boolean).join(' ');
                cell.setAttribute('aria-label', `${names[r].textContent}, ${columns[c]}: ${known ? fixed(value, 2) : 'not yet computed'}`);
            });
        });
        const {of, name, line} = stations[chosen], value = number(rowOf(of)[column]), parts = made.map(from => rowOf(from)[column]);
        told.replaceChildren(`${columns[column]}: `, ...parts.length === 2 ? [`${number(parts[0])} + ${factor(parts[1])} = `]
            : parts.length === 1 ? [`${number(parts[0])}, normalised: `] : [`${chosen ? name : words[word]} `], make('b', {}, value));
        code.replaceChildren(...lineOf(line));
    }
    const steps = stepper(to => {
        step = to;
        at = [to, at[1]];
        stop(cells[to][at[1]]);
        show();
        const {of, say} = WAYS[way][to];
        if (to === ROWS - 1)
            return end(words[word], rowOf('x'), rowOf(of));
        return say(words[word], rowOf(of), Object.fromEntries(Object.keys(ways[way]).map(name => [name, rowOf(name)])));
    });
    const who = choice('Word', words, word, i => { word = i; steps.go(step); });
    const places = choice('Norms', ['behind (post)', 'in front (pre)'], way, i => { way = i; steps.go(step); });
    steps.begin(ROWS, step);
    return make('section', {'aria-label': 'One word through a block', class: 'block'},
        make('p', {class: 'live-question'}, make('b', {}, 'Try it. '), 'Follow bank through the block. What is left of the word at the end?'),
        make('div', {class: 'live-row part-choices'}, who.element, places.element), steps.element, steps.output,
        make('div', {class: 'live-box'}, table), told, code);
}

place('block', block);
})();
