/*
 * The named mistakes of a chapter, made in its C: right and wrong side by side, or a mistake to be
 * guessed from what it does. The module of a chapter (docs/live/broken.py) comes when it is asked for:
 * broken-NN.js hands it over by BROKEN.arrived(). What is said of a mistake stands in the page, below.
 */
const BROKEN = (() => {
'use strict';

const {make, fixed, message, place} = LIVE;
const MOST_PLACES = 2, MOST_NUMBERS = 24, OPTIONS = 4;

// --- The chapter's module ------------------------------------------------------------------------

const waiting = {};

/** Called by broken-NN.js. */
function arrived(chapter, mistakes, module) {
    const bytes = Uint8Array.from(atob(module), c => c.charCodeAt(0));
    waiting[chapter]({mistakes, module: new WebAssembly.Module(bytes)});
}

function load(chapter) {
    return new Promise((resolve, reject) => {
        waiting[chapter] = resolve;
        document.head.append(make('script', {src: `broken-${chapter}.js`, error: reject}));
    });
}

/** What a call prints. It gets a copy of the module of its own: a mistake may spoil its memory. */
function printed(module, name, ...numbers) {
    const text = new TextDecoder(), parts = [], NOT_HERE = 8;
    const view = () => new DataView(exports.memory.buffer);
    const known = {
        fd_write(_, pieces, count, total) {
            let size = 0;
            for (let at = pieces; at < pieces + 8 * count; at += 8) {
                const length = view().getUint32(at + 4, true);
                parts.push(text.decode(new Uint8Array(exports.memory.buffer, view().getUint32(at, true), length), {stream: true}));
                size += length;
            }
            view().setUint32(total, size, true);
            return 0;
        },
        clock_time_get(_, precision, at) {
            view().setBigUint64(at, BigInt(Math.round(1e6 * performance.now())), true);
            return 0;
        },
        environ_sizes_get(...addresses) {
            addresses.forEach(at => view().setUint32(at, 0, true));
            return 0;
        },
        environ_get: () => 0,
        proc_exit(status) { throw new Error(`ended with status ${status}`); },
    };
    const imports = {env: {}, wasi_snapshot_preview1: {}};
    for (const {module: from, name: wanted} of WebAssembly.Module.imports(module))
        imports[from][wanted] = known[wanted] || (from === 'env' ? () => 0 : () => NOT_HERE);
    const {exports} = new WebAssembly.Instance(module, imports);
    try {
        exports._initialize();
        exports[`broken_${name}`](...numbers);
    } catch (error) {
        parts.push(`\n${error.message}\n`);
    }
    return parts.join('');
}

/** The lines of the worked example, as `make break` compares them: without times. */
function example(module, mistake) {
    return printed(module, 'program', mistake).replace(/^measured just now: .*\n(?:.+\n)*/gm, '').trimEnd().split('\n');
}

// --- Lines side by side --------------------------------------------------------------------------

/** Pairs of lines, [right, wrong]; undefined where one of them has none. */
function paired(right, wrong) {
    const longest = Array.from({length: right.length + 1}, () => new Uint16Array(wrong.length + 1));
    for (let i = right.length - 1; i >= 0; i--)
        for (let j = wrong.length - 1; j >= 0; j--)
            longest[i][j] = right[i] === wrong[j] ? longest[i + 1][j + 1] + 1
                                                  : Math.max(longest[i + 1][j], longest[i][j + 1]);
    const pairs = [];
    let i = 0, j = 0;
    while (i < right.length || j < wrong.length) {
        const from = [i, j];
        while ((i < right.length || j < wrong.length) && !(right[i] === wrong[j] && i < right.length))
            j === wrong.length || (i < right.length && longest[i + 1][j] >= longest[i][j + 1]) ? i++ : j++;
        const gone = right.slice(from[0], i), come = wrong.slice(from[1], j);
        for (let n = 0; n < Math.max(gone.length, come.length); n++)
            pairs.push([gone[n], come[n]]);
        if (i < right.length)
            pairs.push([right[i++], wrong[j++]]);
    }
    return pairs;
}

/** The paragraphs in which lines differ: a matrix is one, with its title and its labels. */
function places(pairs) {
    const paragraphs = [[]];
    for (const pair of pairs)
        if (pair.every(line => line === ''))
            paragraphs.push([]);
        else
            paragraphs.at(-1).push(pair);
    return paragraphs.filter(lines => lines.some(([right, wrong]) => right !== wrong));
}

/** A line with what is not in the other one marked: words, if there are as many in both. */
function marked(line, other) {
    if (line === undefined || line === other)
        return [line ?? ''];
    const words = line.split(/(\s+)/), others = (other ?? '').split(/(\s+)/);
    return words.length !== others.length ? [make('mark', {}, line)]
        : words.map((word, i) => word === others[i] || !word.trim() ? word : make('mark', {}, word));
}

function sideBySide(right, wrong) {
    return make('div', {class: 'broken-pair'}, make('div', {}, make('p', {}, 'right'), right),
                make('div', {class: 'broken-wrong'}, make('p', {}, 'wrong'), wrong));
}

function textPanel(pairs, side) {
    const lines = pairs.flatMap(pair => [...marked(pair[side], pair[1 - side]), '\n']);
    return make('pre', {tabindex: 0, 'aria-label': side ? 'printed with the mistake' : 'printed without it'}, ...lines);
}

function shownExample(right, wrong) {
    const found = places(paired(right, wrong))
        .map(pairs => sideBySide(textPanel(pairs, 0), textPanel(pairs, 1)));
    const more = found.slice(MOST_PLACES);
    return [...found.slice(0, MOST_PLACES), ...more.length ? [make('details', {}, make('summary', {},
        `${more.length} more`), ...more)] : []];
}

// --- Numbers side by side ------------------------------------------------------------------------

const digits = numbers => numbers.every(x => typeof x === 'string' || Number.isInteger(x)) ? 0 : 3;

function shownNumber(x, decimals, precise) {
    return typeof x === 'string' ? x : precise ? String(Number(x.toPrecision(7))) : fixed(x, decimals);
}

/** A matrix as a table. Where it differs from another one, it is marked. */
function matrix({name, rows, columns, numbers, differ = [], others = numbers}) {
    const decimals = digits([...numbers, ...others]);
    const cell = i => {
        const precise = differ.includes(i) && shownNumber(numbers[i], decimals) === shownNumber(others[i], decimals);
        const text = shownNumber(numbers[i], decimals, precise);
        return make('td', {}, differ.includes(i) ? make('mark', {}, text) : text);
    };
    const row = r => make('tr', {}, ...Array.from({length: columns}, (_, c) => cell(r * columns + c)));
    return make('div', {class: 'live-box'}, make('table', {class: 'live-table broken-matrix'},
        name ? make('caption', {}, name) : '', make('tbody', {}, ...Array.from({length: rows}, (_, r) => row(r)))));
}

function shownInputs({inputs, numbers}) {
    const count = inputs.reduce((sum, input) => sum + input.rows * input.columns, 0);
    const few = count <= MOST_NUMBERS && inputs.every(input => input.numbers);
    const sizes = numbers.map(({name, number}) => `${name} = ${number}`);
    const shapes = few ? [] : inputs.map(({name, rows, columns}) => `${name} ${rows}×${columns}`);
    return [few ? make('div', {class: 'broken-inputs'}, ...inputs.map(matrix)) : '',
        shapes.length + sizes.length ? make('p', {}, `${[...shapes, ...sizes].join(', ')}.`) : ''];
}

function shownParts(parts) {
    return parts.map(({name, rows, columns, right, wrong, differ}) => differ.length === 0
        ? make('p', {}, `${name} is right.`)
        : sideBySide(matrix({name, rows, columns, numbers: right, differ, others: wrong}),
                     matrix({name, rows, columns, numbers: wrong, differ, others: right})));
}

/** The smallest case of a check that shows a mistake: numbers, or what `make break` tells. */
function shownCase(told) {
    if (!told.story)
        return [make('p', {}, 'It shows where a size_t has 64 bits; in a page it has 32.')];
    const asks = make('p', {}, make('code', {}, told.function), ` must ${told.must}.`);
    return told.parts ? [asks, told.note ? make('p', {}, `Here: ${told.note}${told.note.endsWith('?') ? '' : '.'}`) : '', ...shownInputs(told), ...shownParts(told.parts)]
                      : [make('pre', {tabindex: 0, 'aria-label': 'what make break tells'}, told.story)];
}

// --- A mistake -----------------------------------------------------------------------------------

/** What a mistake does, in the smallest case and in the worked example. */
function shown({module, mistakes, right}, number) {
    const mistake = mistakes[number - 1], heading = text => make('p', {class: 'broken-heading'}, text);
    if (!mistake.case && !mistake.program)
        return [make('p', {}, 'It crashes, never ends, or reads memory that is not its own. So it is not made in this page.')];
    const wrong = mistake.program ? example(module, number).map(line =>
        right.includes(line) ? line : line.replace(/^(\s+)right {3}/, '$1mistaken')) : right;
    const told = mistake.case ? JSON.parse(printed(module, 'case', mistake.check, number)) : null;
    return [...told ? [heading('The smallest case that shows it'), ...shownCase(told)] : [],
        heading('In the worked example'), ...right.join() !== wrong.join() ? shownExample(right, wrong)
            : [make('p', {}, mistake.program === null ? 'The worked example computes too long for a page: make break shows it.'
                : mistake.program ? 'The worked example does not show it.' : 'There it does not end well: it is not made in this page.')]];
}

/** What the page says of its mistakes: {name: {Belief: nodes, Symptom: nodes, ...}}. */
function entries() {
    return Object.fromEntries(Array.from(document.querySelectorAll('.mistake[data-name]'), entry => [entry.dataset.name,
        Object.fromEntries(Array.from(entry.querySelectorAll('dt'), dt => [dt.textContent, dt.nextElementSibling]))]));
}

const copies = nodes => Array.from(nodes.cloneNode(true).childNodes);

function shuffled(items) {
    return items.map(item => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
}

/** A mistake, and three others of the chapter: of the same function first. */
function question(mistakes) {
    const asked = shuffled(mistakes.filter(mistake => mistake.case))[0];
    const others = shuffled(mistakes.filter(mistake => mistake !== asked));
    others.sort((a, b) => (b.function === asked.function) - (a.function === asked.function));
    return {asked, options: shuffled([asked, ...others.slice(0, OPTIONS - 1)])};
}

// --- The part ------------------------------------------------------------------------------------

function part(chapter) {
    const said = entries(), output = message('live-long'), body = make('div');
    const choose = make('button', {type: 'button', click: () => begin(choosing)}, 'Choose a mistake');
    const guess = make('button', {type: 'button', click: () => begin(guessing)}, 'Guess the mistake');
    let loaded = null, score = {right: 0, of: 0};

    async function begin(mode, ...more) {
        output.textContent = loaded ? '' : 'Getting the chapter\'s module …';
        try {
            loaded ??= await load(chapter);
            loaded.right ??= example(loaded.module, 0);
            output.textContent = '';
            mode(...more);
        } catch {
            output.textContent = 'The module of this chapter is not here: make docs puts it beside this page.';
        }
    }
    function told(name, ...what) {
        return make('dl', {}, ...what.flatMap(one => [make('dt', {}, one), make('dd', {}, ...copies(said[name][one]))]));
    }
    function choosing(name) {
        const functions = [...new Set(loaded.mistakes.map(mistake => mistake.function))];
        const result = make('div');
        const option = mistake => make('option', {value: mistake.name}, mistake.name);
        const select = make('select', {id: 'broken-mistake', autocomplete: 'off', change: () => show()},
            ...functions.map(one => make('optgroup', {label: one},
                ...loaded.mistakes.filter(mistake => mistake.function === one).map(option))));
        function show() {
            const number = loaded.mistakes.findIndex(mistake => mistake.name === select.value) + 1;
            result.replaceChildren(told(select.value, ...Object.keys(said[select.value])), ...shown(loaded, number));
            const marked = result.querySelectorAll('.broken-wrong mark').length;
            output.textContent = `${select.value}: ${marked} ${marked === 1 ? 'difference' : 'differences'} marked`;
        }
        if (name)
            select.value = name;
        body.replaceChildren(make('div', {class: 'live-row'}, make('label', {for: 'broken-mistake'}, 'Mistake'), select), result);
        show();
        select.focus();
    }
    function guessing() {
        const {asked, options} = question(loaded.mistakes), answer = make('div');
        const buttons = options.map(({name}) => make('button', {type: 'button', click: () => decide(name)}, ...copies(said[name].Belief)));
        const number = loaded.mistakes.indexOf(asked) + 1, whole = make('div', {tabindex: -1});
        function decide(name) {
            if (answer.hasChildNodes())
                return;
            score = {right: score.right + (name === asked.name), of: score.of + 1};
            buttons.forEach((button, i) => {
                button.setAttribute('aria-disabled', true);
                button.classList.toggle('broken-right', options[i] === asked);
                button.classList.toggle('broken-chosen', options[i].name === name && options[i] !== asked);
            });
            answer.append(told(asked.name, ...Object.keys(said[asked.name]).filter(one => one !== 'Belief' && one !== 'Symptom')),
                          make('div', {class: 'live-row'}, make('button', {type: 'button', click: guessing}, 'Another one')));
            output.textContent = `${name === asked.name ? 'Right' : `No, that would be ${name}`}: it is ${asked.name}. ` +
                `${score.right} of ${score.of} guessed.`;
        }
        whole.append(told(asked.name, 'Symptom'), ...shown(loaded, number),
            make('div', {class: 'broken-options', role: 'group', 'aria-label': 'Which belief does this?'},
                 make('p', {}, make('b', {}, 'Which belief does this?')), ...buttons), answer);
        body.replaceChildren(whole);
        output.textContent = '';
        whole.focus();
    }
    const wanted = /^#break=(\w+)$/.exec(location.hash);
    if (wanted && said[wanted[1]])
        begin(choosing, wanted[1]).then(() => body.scrollIntoView());
    return make('section', {'aria-label': 'Break it here'},
        make('p', {class: 'live-question'}, make('b', {}, 'Break it here. '),
             `Each of the ${Object.keys(said).length} named mistakes can be made in this page, in the chapter's C.`),
        make('div', {class: 'live-row'}, choose, guess), body, output);
}

place('broken', () => part(document.querySelector('[data-live=broken]').dataset.chapter));

return {arrived, printed, example, paired, load};
})();
