/*
 * A layer as a picture that can be asked: all matrices, in pages where they are large; the cell that was chosen with what made it;
 * the stages of the computation. For layer.js and own.js, which say what is computed.
 */
const VIEW = (() => {
'use strict';

const {fixed, make, shade, message, lineOf} = LIVE;
const {arcs} = SENTENCE;
const {number, copies, SHOWN, grid, explain} = MATRICES;

const STAGE_TIME = 2200; // milliseconds
const NARROW = matchMedia('(max-width: 760px)');
const pageSize = () => NARROW.matches ? 8 : 32; // rows and columns of a large matrix that are on the page

// The matrices of a stage, and what is said of it.
const STAGES = [
    {of: ['x'], say: (now, all) => `Each ${all.unit} is a row of ${all.m.x[0].length} numbers` +
        `${now.positions ? ', to which its position is added' : all.named ? ', one for each meaning' : ''}.`},
    {of: ['q', 'k', 'v'], say: (now, all) =>
        `Three products with fixed matrices: what a ${all.unit} asks, what it answers to, what it hands over.`},
    {of: ['scores'], say: () => 'Each query meets each key. Their dot product is the score.'},
    {of: ['scaled'], say: (now, all) => now.scaled
        ? `Each score is divided by √${all.d_k}, so that long vectors do not decide everything.`
        : 'The scores stay as they are: the scale is off.'},
    {of: ['scaled'], say: (now, all) => now.causal ? `The mask: a ${all.unit} must not look at a later one.`
                                                   : `No mask: every ${all.unit} may look at every ${all.unit}.`},
    {of: ['weights'], say: () => 'Softmax turns each row into weights that sum to one.'},
    {of: ['head'], say: (now, all) => `Each ${all.unit} receives the values, mixed by its weights.`},
    {of: ['concat'], say: (now, all) => all.named ? `The results of ${all.heads.join(' and ')} stand side by side.`
                                                  : 'The results of all heads stand side by side.'},
    {of: ['out'], say: (now, all) => all.named ? 'The last product mixes the heads, and leads back to the meanings of the columns.'
                                               : 'The last product mixes the heads.'},
    {of: ['out'], near: true, say: (now, {words, focus, before, after}) =>
        `${words[focus]} was nearest to ${before[focus][0].word}, and is now nearest to ${after[focus][0].word}.`},
];
const MASKED = 4; // the stage of the mask
const BESIDE = 12; // rows and columns of matrices that have room beside each other

// What is counted, and a matrix whose rows or columns it counts; the name of its pages.
const AXES = {
    words: {length: m => m.x.length, name: 'Rows: tokens'},
    keys: {length: m => m.x.length, name: 'Columns: tokens'},
    columns: {length: m => m.x[0].length, name: 'd_model'},
    asks: {length: m => m.w_q[0].length, name: 'd_k'},
    own: {length: m => m.w_v[0].length, name: 'd_v'},
    results: {length: m => m.w_o.length, name: 'Heads side by side'},
    outs: {length: m => m.w_o[0].length, name: 'd_out'},
};

/**
 * The picture of a layer. `now` holds what the reader has chosen: the head, the switches, the stage. `keep()` hears of a stage
 * that was chosen. draw() is told what was computed:
 *   m       the matrices of the head, by their names; b_q, b_k, b_v and b_o may be empty
 *   labels  texts for what AXES counts, or none;  words, heads: their names;  focus: the word that is followed
 *   d_k, d_v, unit, told (a number as text), origin(row, column) of X, given (where the projections are from)
 *   named   whether the columns have meanings; then before and after hold the nearest words
 */
function view(now, keep) {
    let all = null, grids = {}, near = null, timer = 0, filled = -1, chosen = null, lit = [];
    const first = Object.fromEntries(Object.keys(AXES).map(axis => [axis, 0])); // of each page

    const button = (name, click) => make('button', {type: 'button', click}, name);
    const back = button('◀ Back', () => step(now.stage - 1)), forward = button('Forward ▶', () => step(now.stage + 1));
    const play = button('Play', () => timer ? pause() : start());
    const stage = message('layer-stage');
    const flow = make('div', {class: 'layer-flow'}), looks = make('div', {class: 'layer-looks'});
    const pages = make('div', {class: 'live-row layer-pages'});
    const sum = make('p', {class: 'layer-sum'}), line = make('p', {class: 'layer-line'}), title = make('p', {class: 'layer-title'});
    const said = make('div', {class: 'layer-said', 'aria-live': 'polite'}, title, sum, line);
    const stages = () => all.named ? STAGES : STAGES.slice(0, -1);

    function draw(what) {
        all = what;
        now.stage = Math.min(now.stage, stages().length - 1);
        Object.entries(AXES).forEach(([axis, {length}]) => { first[axis] = first[axis] < length(all.m) ? first[axis] : 0; });
        build();
        typical();
    }

    // The pages.
    const after = axis => Math.min(first[axis] + pageSize(), AXES[axis].length(all.m));
    /** Turns to the page of an axis on which something stands; says whether it was another one. */
    function turn(axis, index) {
        const before = first[axis];
        first[axis] = Math.floor(index / pageSize()) * pageSize();
        return first[axis] !== before;
    }
    function pager(axis) {
        const length = AXES[axis].length(all.m), name = AXES[axis].name, end = after(axis);
        const to = (text, label, index) => make('button', {type: 'button', disabled: index < 0 || index >= length, 'aria-label': `${name}, ${label}`,
            click: () => { turn(axis, index); build(); typical(); pages.querySelector(`[data-axis=${axis}] button:${
                label === 'next' ? 'last' : 'first'}-of-type`).focus(); }}, text);
        return make('div', {role: 'group', 'aria-label': name, 'data-axis': axis}, to('◀', 'previous', first[axis] - pageSize()),
            make('span', {}, `${name} `, make('b', {}, `${first[axis]}–${end - 1}`), ` of ${length}`), to('▶', 'next', end));
    }

    // The matrices.
    function build() {
        pages.replaceChildren(...Object.keys(AXES).filter(axis => AXES[axis].length(all.m) > pageSize()).map(pager));
        grids = Object.fromEntries(Object.keys(SHOWN).map(name => {
            const {rows, cols} = SHOWN[name], at = {row: first[rows], below: after(rows), column: first[cols], after: after(cols)};
            return [name, grid(name, all.m[name], all.labels, at, (r, c) => choose(name, r, c), (r, c) => {
                reveal(name, r, c);
                grids[name].cell(r, c).focus();
            })];
        }));
        flow.classList.toggle('layer-large', Object.values(AXES).some(({length}) => length(all.m) > BESIDE));
        near = all.named ? nearTable() : null;
        filled = -1;
        lit = [];
        const of = (...names) => names.map(name => grids[name].element);
        const block = (style, title, ...elements) => make('div', {class: `layer-block layer-block-${style}`},
                                                          make('p', {class: 'layer-heading'}, ...title), ...elements);
        flow.replaceChildren(
            block('project', [`Every ${all.unit} asks, answers and hands over`],
                  make('p', {class: 'layer-hint'}, 'A cell is ', make('b', {class: 'layer-first'}, 'the row at its left'), ' times ',
                       make('b', {class: 'layer-second'}, 'the column above it'), '.'), ...of('x', 'w_q', 'q', 'w_k', 'k', 'w_v', 'v')),
            block('attend', ['The head ', make('b', {}, all.heads[now.head]), ' looks around'],
                  ...of('scores', 'scaled', 'weights', 'head')),
            block('join', ['All heads together'], ...of('concat', 'w_o', 'out'), ...(near ? [near] : [])));
    }
    function reveal(name, r, c) {
        const turned = [turn(SHOWN[name].rows, r), turn(SHOWN[name].cols, c)];
        if (turned.includes(true))
            build();
    }
    function nearTable() {
        const name = ({word, cosine}) => [make('span', {}, word, make('small', {}, ` ${fixed(cosine, 2)}`)), ' '];
        const rows = all.words.map((word, t) => make('tr', {}, make('th', {scope: 'row'}, word),
            make('td', {}, ...name(all.before[t][0])), make('td', {}, ...all.after[t].flatMap(name))));
        return make('figure', {class: 'layer-matrix layer-near'}, make('figcaption', {}, 'Nearest words'),
            make('div', {class: 'live-box'}, make('table', {class: 'layer-names'}, make('thead', {}, make('tr', {}, make('td'),
                make('th', {scope: 'col'}, 'before'), make('th', {scope: 'col'}, 'after'))), make('tbody', {}, ...rows))));
    }
    const isBlocked = (name, r, c) => all.m.open[r]?.[c] === 0 && (name === 'weights' || name === 'scaled' && now.stage >= MASKED);
    function fill() {
        const {of, near: last} = STAGES[now.stage];
        for (const [name, {element, cells, at, told}] of Object.entries(grids)) {
            const known = SHOWN[name].from <= now.stage, values = all.m[name];
            element.classList.toggle('layer-now', of.includes(name) && !last);
            element.classList.toggle('layer-ahead', !known);
            cells.forEach((row, i) => row.forEach((cell, j) => {
                const r = at.row + i, c = at.column + j, shut = known && isBlocked(name, r, c);
                const shown = !known ? '' : shut && name === 'scaled' ? '−∞' : number(values[r][c]);
                cell.textContent = shown;
                cell.className = shut ? 'layer-shut' : shown === '0' ? 'layer-nothing' : '';
                cell.setAttribute('aria-label', `${told(r, c)}: ${shown || 'not yet computed'}`);
                if (name === 'weights')
                    shade(cell, known ? values[r][c] : 0);
            }));
        }
        near?.classList.toggle('layer-now', Boolean(last));
        near?.classList.toggle('layer-ahead', !last);
        filled = now.stage;
        lit = [];
    }

    // The cell.
    function choose(name, r, c) {
        now.stage = Math.max(now.stage, SHOWN[name].from);
        show(name, r, c);
    }
    /** The cell of a stage that tells most: a blocked one, or where the row of the word that is followed is greatest. */
    function typical() {
        const name = STAGES[now.stage].of[0], {at} = grids[name];
        const focus = all.focus >= at.row && all.focus < at.below ? all.focus : at.row;
        const row = all.m[name === 'scores' || name === 'scaled' ? 'weights' : name][focus];
        let c = at.column;
        for (let j = c; j < at.after; j++)
            c = row[j] > row[c] ? j : c;
        const [r, column] = now.stage === MASKED && isBlocked('scaled', at.row, at.after - 1) ? [at.row, at.after - 1] : [focus, c];
        grids[name].stop(r, column);
        show(name, r, column);
    }
    function light(cell, style) {
        if (cell) {
            cell.classList.add(style);
            lit.push([cell, style]);
        }
    }
    function show(name, r, c) {
        const {sum: parts, line: source, made} = explain(name, r, c, all, now, isBlocked(name, r, c));
        if (filled !== now.stage)
            fill();
        lit.forEach(([cell, style]) => cell.classList.remove(style));
        lit = [];
        light(grids[name].cell(r, c), 'layer-chosen');
        made.forEach(([from, row, column], second) => {
            const {at, cell} = grids[from], style = second ? 'layer-second' : 'layer-first';
            for (let i = row ?? at.row; i < (row === null ? at.below : row + 1); i++)
                for (let j = column ?? at.column; j < (column === null ? at.after : column + 1); j++)
                    light(cell(i, j), style);
        });
        title.replaceChildren(...copies(SHOWN[name].title), ` · ${grids[name].told(r, c)}`);
        sum.replaceChildren(...parts);
        line.replaceChildren(...lineOf(source));
        showLooks(SHOWN[name].rows === 'columns' || SHOWN[name].rows === 'results' ? all.focus : r);
        stage.replaceChildren(make('b', {}, `${now.stage + 1} of ${stages().length} `), STAGES[now.stage].say(now, all));
        back.disabled = now.stage === 0;
        forward.disabled = now.stage === stages().length - 1;
    }
    /** What a word looks at, of those that are on the page; it has to be one of them. */
    function showLooks(word) {
        const start = first.keys, end = after('keys'), inside = word >= start && word < end;
        looks.replaceChildren(...(inside ? [arcs(all.words.slice(start, end), all.m.weights[word].slice(start, end), word - start)] : []));
    }

    // The stages.
    function go(to) {
        now.stage = Math.min(Math.max(to, 0), stages().length - 1);
        typical();
        keep();
    }
    function step(to) {
        pause();
        go(to);
    }
    function start() {
        go(now.stage === stages().length - 1 ? 0 : now.stage + 1);
        play.textContent = 'Pause';
        timer = setInterval(() => now.stage < stages().length - 1 ? go(now.stage + 1) : pause(), STAGE_TIME);
    }
    function pause() {
        clearInterval(timer);
        timer = 0;
        play.textContent = 'Play';
    }

    NARROW.addEventListener('change', () => {
        if (all)
            draw(all);
    });
    return {draw, elements: [make('div', {class: 'live-row layer-steps'}, back, play, forward, stage), looks, pages,
                             make('div', {}, flow, said)]}; // of their own, so that what is said never lies over the switches
}

return {view, STAGES};
})();
