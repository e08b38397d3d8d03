/*
 * The whole layer on the reader's own files, which are dropped on the page or chosen: read and computed by the chapters' C
 * (docs/live/live_own.h), shown by view.js. Nothing is sent anywhere.
 */
(() => {
'use strict';

const {chapters, textAt, string, count, make, input, message, list, wordsOf, place} = LIVE;
const {MATRICES: NAMES, matrixAt, run} = SENTENCE;
const {precise} = MATRICES;

// As in live_own.h, and where the biases begin in layer_options.h.
const NAME_SIZE = 512, FIRST_BIAS = 5;
const HEADS_OF_EXAMPLE = 2;
const MANY = 256, PAUSE = 50; // tokens that take a while, and milliseconds in which the page can say so

// --- Files ---------------------------------------------------------------------------------------

const options = []; // the names of the arrays, as the program has them
for (let address; chapters && (address = chapters.live_own_option(options.length)) !== 0;)
    options.push(textAt(address));

/** What a file is, by its name: the number of an option, or 'words'. */
function kindOf(name) {
    const base = name.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '').toLowerCase().replace('_', '');
    return base === 'words' ? base : options.indexOf(base);
}

/** Has the C read an array; throws what it says when it refuses. */
function bring(option, name, bytes) {
    const room = new Uint8Array(chapters.memory.buffer, chapters.live_own_name(), NAME_SIZE);
    room.fill(0);
    new TextEncoder().encodeInto(name, room.subarray(0, NAME_SIZE - 1));
    const address = chapters.live_own_room(bytes.length);
    if (address === 0)
        throw new Error(textAt(chapters.live_error()));
    new Uint8Array(chapters.memory.buffer, address, bytes.length).set(bytes);
    if (!chapters.live_own_read(option))
        throw new Error(textAt(chapters.live_error()));
}

/** An array as numpy.save() writes it, for the example. */
function npy(rows) {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0].length}), }`.padEnd(117) + '\n';
    const start = new Uint8Array([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length, 0, ...new TextEncoder().encode(header)]);
    return new Blob([start, ...rows.map(row => Float32Array.from(row))]);
}

/** The files of the hand-made layer and its first sentence. */
function exampleFiles() {
    const words = wordsOf(0), {heads} = run(words.join(' '));
    const beside = name => heads[0][name].map((_, r) => heads.flatMap(head => [...head[name][r]]));
    const arrays = {x: heads[0].x, wq: beside('w_q'), wk: beside('w_k'), wv: beside('w_v'), wo: heads[0].w_o};
    return [...Object.entries(arrays).map(([name, rows]) => new File([npy(rows)], `${name}.npy`)),
            new File([words.join('\n')], 'words.txt')];
}

// --- The part ------------------------------------------------------------------------------------

function own() {
    const now = {head: 0, causal: false, positions: false, scaled: true, temperature: 1, stage: VIEW.STAGES.length - 1};
    let words = null, wordsFrom = '';

    const button = (name, click) => make('button', {type: 'button', click}, name);
    const files = input({type: 'file', id: 'own-files', multiple: true, change: () => take([...files.files])});
    const heads = input({type: 'number', id: 'own-heads', min: 1, step: 1, change: () => compute()});
    const sequence = make('select', {id: 'own-sequence', change: () => compute()});
    const head = make('select', {id: 'own-head', change: () => { now.head = Number(head.value); chooseHead(); }});
    const causal = input({type: 'checkbox', change: () => { now.causal = causal.checked; compute(); }});
    const refusal = message('layer-refusal own-refusal'), given = make('ul', {class: 'own-given'});
    const shown = VIEW.view(now, () => {});
    const labelled = (text, field) => make('span', {}, make('label', {for: field.id}, text), ' ', field);
    const ofSequence = labelled('Sequence', sequence), ofHead = labelled('Head', head);
    const picture = make('div', {hidden: true}, ...shown.elements);

    // The files.
    async function take(chosen) {
        const kinds = chosen.map(file => ({file, kind: kindOf(file.name)})).sort((a, b) => a.kind - b.kind); // as the program reads
        const errors = [], has = kind => kinds.some(one => one.kind === kind);
        if (has(0) && !has('words')) // another sequence has other words
            words = null;
        for (const {file, kind} of kinds)
            try {
                await read(file, kind);
            } catch (error) {
                errors.push(error.message);
            }
        files.value = '';
        showGiven();
        compute(errors[0]);
    }
    async function read(file, kind) {
        if (kind === -1)
            throw new Error(`${file.name}: a file is known by its name: ${list([...options, 'words'])}, with .npy or .txt`);
        const bytes = new Uint8Array(await file.arrayBuffer().catch(() => {
            throw new Error(`${file.name}: cannot be read; of a folder, drop the files`);
        }));
        if (kind === 'words') {
            words = new TextDecoder().decode(bytes).split(/\r?\n/).map(line => line.trim()).filter(Boolean);
            wordsFrom = file.name;
        } else
            bring(kind, file.name, bytes);
    }
    function forget() {
        chapters.live_own_forget();
        words = null;
        heads.value = '';
        showGiven();
        compute();
    }
    const shapeOf = option => chapters.live_own_shape(option) && textAt(chapters.live_own_shape(option));
    function offer(select, many, chosen) {
        select.replaceChildren(...count(many).map(n => make('option', {value: n}, n)));
        select.value = chosen;
    }
    function showGiven() {
        const sequences = chapters.live_own_sequences();
        offer(sequence, sequences, 0);
        ofSequence.hidden = sequences < 2;
        const told = options.map((name, option) => {
            const shape = shapeOf(option);
            return make('li', {class: shape ? 'own-here' : ''}, make('b', {}, name), ` ${shape || string(chapters.live_own_help(option))}`);
        });
        const texts = words ? `${words.length} words` : 'a text with a word to a line, if there is one';
        given.replaceChildren(...told, make('li', {class: words ? 'own-here' : ''}, make('b', {}, 'words'), ` ${texts}`));
    }

    // The layer.
    function compute(error) {
        const missing = options.slice(0, FIRST_BIAS).filter((_, option) => !shapeOf(option));
        const waiting = missing.length === FIRST_BIAS ? '' : missing.length ? `Still missing: ${list(missing)}.`
            : heads.value === '' ? 'How many heads has it?' : '';
        if (error || waiting || missing.length)
            return refuse(error ? `${error}.` : waiting);
        const many = Number(heads.value);
        if (!Number.isInteger(many) || many < 0 || many >= 2 ** 32)
            return refuse(`--heads ${heads.value}: expected a whole number.`);
        const [, tokens] = shapeOf(0).match(/(\d+), \d+\)$/);
        if (tokens < MANY)
            return runLayer(many);
        refuse('Computing …');
        setTimeout(() => runLayer(many), PAUSE);
    }
    function runLayer(many) {
        if (!chapters.live_own_run(sequence.value, many, now.causal))
            return refuse(`${textAt(chapters.live_error())}.`);
        now.head = now.head < many ? now.head : 0;
        offer(head, many, now.head);
        chooseHead();
    }
    function chooseHead() {
        if (!chapters.live_own_head(now.head))
            return refuse(`${textAt(chapters.live_error())}.`);
        const all = made(), fits = !words || words.length === all.m.x.length;
        refuse(fits ? '' : `${wordsFrom} has ${words.length} words, but x has ${all.m.x.length} tokens.`);
        picture.hidden = ofHead.hidden = false;
        shown.draw(all);
    }
    function refuse(reason) {
        refusal.textContent = reason;
        picture.hidden = ofHead.hidden = true;
    }
    /** What was computed, for the view. */
    function made() {
        const m = Object.fromEntries(NAMES.map((name, i) => [name, matrixAt(chapters.live_own_matrix(i))]));
        const numbers = rows => rows.map((_, i) => String(i)), names = words?.length === m.x.length ? words : numbers(m.x);
        const origin = (r, c) => ({sum: [make('b', {}, precise(m.x[r][c])), ', from the file'], made: []});
        return {m, words: names, focus: 0, heads: count(Number(heads.value)).map(String), d_k: m.w_q[0].length, d_v: m.w_v[0].length,
                unit: 'token', named: false, told: precise, given: ', from the file', origin,
                labels: {words: names, keys: names, columns: numbers([...m.x[0]]), asks: numbers([...m.w_q[0]]),
                         own: numbers([...m.w_v[0]]), results: numbers(m.w_o), outs: numbers([...m.w_o[0]])}};
    }

    // A file that falls anywhere on the page is meant for this part: else the browser would leave the page for it.
    const part = make('section', {'aria-label': 'Your own layer', class: 'layer own'},
        make('p', {class: 'live-question'}, make('b', {}, 'Your own layer. '), 'Drop its ', make('code', {}, '.npy'), ' files on the page, or choose them: ',
             make('a', {href: 'your_own_arrays.html'}, 'how to save them from NumPy or PyTorch'),
             '. They are read and computed here, by the same C as chapter 5’s program. Nothing leaves your machine.'),
        make('div', {class: 'live-row own-choose'}, make('label', {for: 'own-files'}, 'Files'), files,
             button('Try the example', () => { heads.value = HEADS_OF_EXAMPLE; take(exampleFiles()); }), button('Forget them', forget)),
        given,
        make('div', {class: 'live-row layer-switches'}, labelled('Number of heads', heads), ofSequence, ofHead,
             make('label', {}, causal, ' Causal')),
        refusal, picture);
    const over = event => {
        if (![...event.dataTransfer?.types || []].includes('Files'))
            return;
        event.preventDefault();
        part.classList.toggle('own-over', event.type === 'dragover');
        if (event.type === 'drop')
            take([...event.dataTransfer.files]);
    };
    ['dragover', 'dragleave', 'drop'].forEach(type => addEventListener(type, over));
    forget();
    return part;
}

place('own', own);
})();
