# Draws the picture of a table, as plot.c writes it, to standard output. By hand:
#   gnuplot -d -e 'table = "03_bank.table"; format = "svg"' common/pictures/picture.gnuplot >03_bank.svg
# Text from the table is only ever data: none of it is evaluated, and the terminals know no markup.

set encoding utf8
set datafile separator "\t"
set datafile commentschars "#"

larger(a, b) = a > b ? a : b
smaller(a, b) = a < b ? a : b

# --- What the first block of the table says ----------------------------------------------------

# A half is a whole picture that is compared with another. Most pictures are one, without a name.
array half_name[2]
array half_text[2]
# A panel is a heatmap or a curve, with a block of numbers of its own.
array panel_rows[1000]
array panel_cols[1000]
array panel_whole[1000]
array panel_title[1000]
array panel_down[1000]
array panel_right[1000]
halves = 0; panels = 0; kind = ""; unit = ""; x_name = ""; y_name = ""
low = 0; high = 0; decimals = -1; across = 1; block = 1; log_x = 0; log_y = 0; points = 0; arrows = 0
together = 1; whole_part = ""; tenth = ""

half(name, text) = (halves = halves + 1, half_name[halves] = name, half_text[halves] = text, 0)
panel(title, down, right, rows, cols) = (panels = panels + 1, panel_rows[panels] = int(rows), \
    panel_cols[panels] = int(cols), panel_title[panels] = title, panel_down[panels] = down, \
    panel_right[panels] = right, 0)
take(key, value) = key eq "title" ? half("", value) : key eq "kind" ? kind = value : \
    key eq "unit" ? unit = value : key eq "x" ? x_name = value : key eq "y" ? y_name = value : \
    key eq "low" ? low = real(value) : key eq "high" ? high = real(value) : \
    key eq "whole" ? whole_part = value : key eq "tenth" ? tenth = value : key eq "decimals" ? decimals = int(value) : key eq "across" ? across = int(value) : \
    key eq "block" ? block = int(value) : key eq "log x" ? log_x = 1 : key eq "log y" ? log_y = 1 : \
    key eq "points" ? points = 1 : key eq "arrows" ? arrows = 1 : key eq "together" ? together = int(value) : 0
stats table index 0 using (key = strcol(1), key eq "half" ? half(strcol(3), strcol(2)) : \
    key eq "panel" ? panel(strcol(2), strcol(3), strcol(4), strcol(5), strcol(6)) : \
    key eq "curve" ? panel(strcol(2), "", "", "0", "0") : take(key, strcol(2)), 0) nooutput
if (halves == 0) { halves = 1; half_name[1] = ""; half_text[1] = "" }
in_half = panels / halves
half_of(k) = (k - 1) / in_half + 1
place(k) = (k - 1) % in_half

# --- Measures --------------------------------------------------------------------------------------

# Pixels from the top left corner. LINE is the step from one line of text to the next.
# A page of the book shows PAGE pixels at most as they are; a wider picture would be made smaller, with its type.
PAGE = 900
MARGIN = 18; TITLE_LINE = 22; LINE = 18; GAP = 30; BAND = 28; SWATCH = 14
# How wide a text will be depends on the reader's fonts: these are generous guesses.
title_width(letters) = int(ceil(letters * 9.0))
note_width(letters) = int(ceil(letters * 6.8))
label_width(letters) = int(ceil(letters * 7.7))

# A title is broken at blanks.
last_blank(text, n) = n == 0 || text[n:n] eq " " ? n : last_blank(text, n - 1)
fitting(text, most) = strlen(text) <= most || last_blank(text, most + 1) == 0 ? \
    smaller(strlen(text), most) : last_blank(text, most + 1)
lines(text, most) = text eq "" ? 0 : 1 + lines(text[fitting(text, most) + 1:*], most)
head(h) = (half_name[h] eq "" ? 0 : BAND + 8) + TITLE_LINE * lines(half_text[h], half_width / title_width(1))

# Each kind of picture says how wide a half is, where it is, and how large the page.
if (kind eq "heatmaps") {
    across = smaller(across, 2)
    rows = 1; cols = 1; digits = 0; row_letters = 0; col_letters = 0
    title_letters = 0; down_letters = 0; right_letters = 0
    words = 0; whole = 1; infinite = 0; least = 1e308; most = -1e308
    # A panel of whole numbers, such as a mask, has them without decimals.
    places(k) = panel_whole[k] ? 0 : decimals
    number(value, k) = value != value ? "" : whole_part ne "" ? \
        sprintf("%s%d %s%d", whole_part, int(value), tenth, int(10 * (value - int(value)) + 0.5)) : \
        sprintf("%.".places(k)."f", abs(value) < 0.5 * 10.0 ** -decimals ? 0 : value)
    finite(value) = value - value == 0
    is_whole(value) = !finite(value) || value == floor(value)
    is_word(label) = strstrt("0123456789", label[1:1]) == 0
    survey(value, k) = (digits = larger(digits, strlen(number(value, k))), finite(value) ? \
        (whole = whole && value == floor(value), least = smaller(least, value), most = larger(most, value)) : \
        (infinite = infinite || value == value), 0)
    do for [k = 1:panels] {
        panel_whole[k] = decimals > 0 && whole_part eq ""
        rows = larger(rows, panel_rows[k])
        cols = larger(cols, panel_cols[k])
        title_letters = larger(title_letters, strlen(panel_title[k]))
        down_letters = larger(down_letters, strlen(panel_down[k]))
        right_letters = larger(right_letters, strlen(panel_right[k]))
        stats table index k every ::0::0 using (sum [c = 2:panel_cols[k] + 1] (words = words || is_word(strcol(c)), \
            col_letters = larger(col_letters, strlen(strcol(c))), 0), 0) nooutput
        stats table index k every ::1 using (words = words || is_word(strcol(1)), \
            row_letters = larger(row_letters, strlen(strcol(1))), \
            sum [c = 2:panel_cols[k] + 1] (panel_whole[k] = panel_whole[k] && is_whole(column(c)), 0), 0) nooutput
        stats table index k every ::1 using (sum [c = 2:panel_cols[k] + 1] survey(column(c), k), 0) nooutput
    }
    longest = larger(rows, cols)
    number_cell = larger(label_width(digits) + 6, 26)
    numbered = decimals >= 0 && panels <= 12 && number_cell * longest <= PAGE
    least_cell = numbered ? number_cell : words && longest * 15 <= PAGE ? 15 : 5
    gutter = larger(label_width(row_letters), note_width(down_letters > 0 ? down_letters + 3 : 0)) + 7
    room_for(n) = (PAGE - 2 * MARGIN - (n - 1) * GAP) / n - gutter
    if (across > 1 && least_cell * cols > room_for(across)) { across = 1 }
    cell = larger(smaller(smaller((numbered ? 340 : 760) / longest, room_for(across) / cols), panels <= 12 ? 56 : 26), least_cell)
    upright = words && label_width(col_letters) + 4 > cell
    labels = upright ? label_width(col_letters) + 14 : LINE
    band = labels + (right_letters > 0 ? LINE : 0) + (title_letters > 0 ? TITLE_LINE : 0)
    box_width = larger(gutter + larger(cols * cell, note_width(right_letters + 2)), note_width(title_letters) + 10)
    box_height = band + rows * cell

    if (low >= high) { low = least; high = most }
    # A few whole numbers, such as heads or a mask of 0 and 1, are better told apart one by one.
    whole = whole && low <= high && low == floor(low) && high == floor(high) && high - low < 12 && abs(low) < 1e6
    first = whole && unit ne "" ? int(low) : 0
    last = whole && unit ne "" ? int(high) : -1
    # A unit such as "0: blocked, 1: open" says in words what each of them means.
    worded = last >= first && strstrt(unit, sprintf("%d: ", first)) == 1
    from(value) = unit[strstrt(unit, sprintf("%d: ", value)) + strlen(sprintf("%d: ", value)):*]
    up_to(text, stop) = stop > 0 ? text[1:stop - 1] : text
    meaning(value) = worded ? up_to(from(value), strstrt(from(value), sprintf(", %d: ", value + 1))) : sprintf("%d", value)
    letters = 1
    do for [value = first:last] { letters = larger(letters, strlen(meaning(value))) }
    slot = SWATCH + 5 + label_width(letters) + MARGIN
    bar = whole ? (last - first + 1) * slot - GAP : 240
    half_width = larger(across * (box_width + GAP) - GAP, larger(300, note_width(strlen(unit))))
    half_width = larger(half_width, unit eq "" ? 0 : bar + (infinite ? GAP + 90 : 0))
    half_width = larger(half_width, smaller(520, title_width(larger(strlen(half_text[1]), strlen(half_text[halves])))))
    beside = halves > 1 && 2 * half_width + GAP <= PAGE - 2 * MARGIN
    grids = (in_half + across - 1) / across * (box_height + GAP) - GAP
    grids_top(h) = (beside ? larger(head(1), head(2)) : head(h)) + 8
    half_left(h) = MARGIN + (beside ? (h - 1) * (half_width + GAP) : 0)
    half_top(h) = MARGIN + (beside || h == 1 ? 0 : grids_top(1) + grids + GAP)
    left(k) = half_left(half_of(k)) + gutter + place(k) % across * (box_width + GAP)
    top(k) = half_top(half_of(k)) + grids_top(half_of(k)) + band + place(k) / across * (box_height + GAP)
    scale_top = half_top(halves) + grids_top(halves) + grids + MARGIN
    width = half_left(beside ? 2 : 1) + half_width + MARGIN
    height = scale_top + (unit eq "" ? 0 : 3 * LINE + MARGIN) + (block > 1 ? LINE + MARGIN / 2 : 0)
} else {
    AREA_WIDTH = arrows ? 440 : 560; AREA_HEIGHT = arrows ? 440 : 340; TICKS = 56
    legend = 0
    do for [k = 1:panels] {
        legend = larger(legend, arrows || panel_title[k] eq "" ? 0 : 80 + label_width(strlen(panel_title[k])))
    }
    half_width = TICKS + AREA_WIDTH + legend
    area_top(h) = half_top(h) + head(h) + (y_name eq "" ? 8 : TITLE_LINE + 8)
    half_left(h) = MARGIN
    half_top(h) = h == 1 ? MARGIN : area_top(1) + AREA_HEIGHT + 3 * LINE + GAP
    width = half_width + 2 * MARGIN
    height = area_top(halves) + AREA_HEIGHT + 3 * LINE + MARGIN
}

# --- The page --------------------------------------------------------------------------------------

# Bitmaps have 144 dots per inch, where SVG has 96.
if (format eq "svg") {
    set terminal svg size width, height fixed noenhanced background "#ffffff" \
        font "DejaVu Sans,Verdana,sans-serif,12"
} else {
    set terminal pngcairo size 1.5 * width, 1.5 * height fontscale 1.125 linewidth 1.5 pointscale 1.5 \
        noenhanced background "#ffffff" font "DejaVu Sans,12"
}
across_page(x) = 1.0 * x / width
up_page(y) = 1 - 1.0 * y / height
do for [h = 1:halves] {
    x = half_left(h)
    y = half_top(h) + TITLE_LINE / 2
    if (half_name[h] ne "") {
        set object rectangle from screen across_page(x - 12), screen up_page(half_top(h) - 8) \
            to screen across_page(x + half_width + 12), screen up_page(half_top(h) - 8 + BAND) \
            behind fillstyle solid noborder fillcolor rgb h == 1 ? "#d6e8f5" : "#fbdcc8"
        set label half_name[h] at screen across_page(x), screen up_page(half_top(h) - 8 + BAND / 2) font ",16"
        y = y + BAND + 8
    }
    rest = half_text[h]
    while (rest ne "") {
        fit = fitting(rest, half_width / title_width(1))
        set label rest[1:fit] at screen across_page(x), screen up_page(y) font ",16"
        rest = rest[fit + 1:*]
        y = y + TITLE_LINE
    }
}
unset key
# A block in braces is read as a whole, so what an @ stands for in it must be known before.
turned = kind eq "heatmaps" && upright ? "left rotate by 90" : "center"
style = points ? "linespoints" : "lines"

# --- Heatmaps --------------------------------------------------------------------------------------

if (kind eq "heatmaps") {
    if (low > high || low == 0 && high == 0) { low = 0; high = 1 }
    if (low == high) { low = smaller(0, 2 * low); high = larger(0, 2 * high) }
    # From light to blue for numbers of one sign; orange, white for 0, blue for both signs; viridis for whole numbers that
    # are told apart one by one: each with any colour vision.
    if ((low >= 0 || high <= 0) && !(whole && last > first + 1)) {
        set palette defined (0 "#f4f8fc", 1 "#cfe1f2", 2 "#93c0e2", 3 "#4a90c2", 4 "#1f5fa8", 5 "#08306b")
    } else { if (low >= 0 || high <= 0) {
        set palette defined (0 "#440154", 1 "#481a6c", 2 "#472f7d", 3 "#414487", 4 "#39568c", 5 "#31688e", \
            6 "#2a788e", 7 "#23888e", 8 "#1f988b", 9 "#22a884", 10 "#35b779", 11 "#54c568", 12 "#7ad151", \
            13 "#a5db36", 14 "#d2e21b", 15 "#fde725")
    } else {
        set palette defined (0 "#a85206", 1 "#e08214", 2 "#fdb863", 3 "#fee0b6", 4 "#f7f7f7", 5 "#d1e5f0", \
            6 "#92c5de", 7 "#4a90c2", 8 "#1f5fa8")
        high = larger(high, -low)
        low = -high
    } }
    set cbrange [low:high]
    colour(value) = finite(value) ? palette(value) : 0xBDBDBD
    # Black or white, whichever can be read on a colour (WCAG 2.1, section 1.4.3).
    light(byte) = byte < 11 ? byte / 255.0 / 12.92 : ((byte / 255.0 + 0.055) / 1.055) ** 2.4
    ink(colour) = 0.2126 * light(colour >> 16 & 255) + 0.7152 * light(colour >> 8 & 255) + \
        0.0722 * light(colour & 255) > 0.1791 ? 0x000000 : 0xFFFFFF

    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:width]
    set yrange [height:0]
    unset xtics
    unset ytics
    unset border
    do for [k = 1:panels] {
        set object rectangle from left(k), top(k) to left(k) + panel_cols[k] * cell, top(k) + panel_rows[k] * cell \
            front fillstyle empty border linecolor rgb "#888888" linewidth 1
        set label panel_title[k] at left(k) - gutter, top(k) - band + TITLE_LINE / 2 font ",13"
        if (panel_right[k] ne "") {
            set label panel_right[k]." →" at left(k), top(k) - labels - LINE / 2 textcolor rgb "#555555"
        }
        if (panel_down[k] ne "") {
            set label panel_down[k]." ↓" at left(k) - 7, top(k) - LINE / 2 right textcolor rgb "#555555"
        }
    }
    unset colorbox
    if (unit ne "" && !worded) {
        set label unit at MARGIN, scale_top + LINE / 2 textcolor rgb "#555555"
    }
    do for [value = first:last] {
        set label meaning(value) at MARGIN + (value - first) * slot + SWATCH + 5, scale_top + LINE + SWATCH / 2
    }
    if (unit ne "" && !whole) {
        set colorbox horizontal user noborder size across_page(bar), 1.0 * SWATCH / height \
            origin across_page(MARGIN), up_page(scale_top + LINE + SWATCH)
        set cbtics out nomirror scale 0.4 offset 0, 0.4
    }
    if (unit ne "" && infinite) {
        x = MARGIN + bar + GAP
        set object rectangle from x, scale_top + LINE to x + SWATCH, scale_top + LINE + SWATCH \
            fillstyle solid noborder fillcolor rgb "#bdbdbd"
        set label "infinite" at x + SWATCH + 5, scale_top + LINE + SWATCH / 2
    }
    if (block > 1) {
        set label sprintf("Each cell is the mean of %d x %d numbers.", block, block) \
            at MARGIN, height - MARGIN - LINE / 2 textcolor rgb "#555555"
    }

    # Cells stand apart by a thin line; small ones overlap, or the white below would shine through the seams.
    reach = cell >= 12 ? cell / 2.0 - 0.5 : cell / 2.0 + 0.3
    # A cell without a number is hatched: it is blocked.
    x_of(k, c) = left(k) + (c - 1.5) * cell
    x_if(value, k, c) = value == value ? x_of(k, c) : NaN
    x_unless(text, k, c) = text eq "nan" ? x_of(k, c) : NaN
    y_of(k, row) = top(k) + (row + 0.5) * cell
    # How many cells share a label, so that labels do not touch.
    step(room, cells) = cells * cell >= room ? cells : step(room, 2 * cells)
    down_step = step(15, 1)
    right_step = step(upright ? 15 : words ? 0 : label_width(col_letters) + 6, 1)
    plot for [k = 1:panels] for [c = 2:panel_cols[k] + 1] table index k every ::1 \
            using (x_if(column(c), k, c)):(y_of(k, $0)):(reach):(reach):(colour(column(c))) \
            with boxxyerror fillstyle solid noborder linecolor rgb variable, \
        for [k = 1:panels] for [c = 2:panel_cols[k] + 1] table index k every ::1 \
            using (x_unless(strcol(c), k, c)):(y_of(k, $0)):(reach):(reach) \
            with boxxyerror fillstyle pattern 4 noborder linecolor rgb "#9aa7b3", \
        for [k = 1:(numbered ? panels : 0)] for [c = 2:panel_cols[k] + 1] table index k every ::1 \
            using (x_if(column(c), k, c)):(y_of(k, $0)):(number(column(c), k)):(ink(colour(column(c)))) \
            with labels center textcolor rgb variable font ",11", \
        for [k = 1:panels] table index k every down_step::1 \
            using (left(k) - 7):(y_of(k, $0 * down_step)):1 with labels right, \
        for [k = 1:panels] for [c = 2:panel_cols[k] + 1:right_step] table index k every ::0::0 \
            using (x_of(k, c)):(top(k) - (upright ? 7 : LINE / 2)):c with labels @turned, \
        for [value = first:last] table index 1 every ::1::1 \
            using (MARGIN + (value - first) * slot + SWATCH / 2):(scale_top + LINE + SWATCH / 2):(SWATCH / 2):(SWATCH / 2):\
            (colour(value)) with boxxyerror fillstyle solid noborder linecolor rgb variable, \
        NaN with points palette
}

# --- Curves ----------------------------------------------------------------------------------------

if (kind eq "curves") {
    # Okabe and Ito (2008), without the yellow that white paper swallows; dashes and points tell curves apart, too.
    set linetype 1 linecolor rgb "#0072b2" linewidth 2 dashtype solid pointtype 7 pointsize 0.7
    set linetype 2 linecolor rgb "#d55e00" linewidth 2 dashtype (14, 5) pointtype 5 pointsize 0.7
    set linetype 3 linecolor rgb "#009e73" linewidth 2 dashtype (3, 4) pointtype 9 pointsize 0.7
    set linetype 4 linecolor rgb "#cc79a7" linewidth 2 dashtype (14, 4, 3, 4) pointtype 13 pointsize 0.7
    set linetype 5 linecolor rgb "#e69f00" linewidth 2 dashtype (7, 4) pointtype 11 pointsize 0.7
    set linetype 6 linecolor rgb "#56b4e9" linewidth 2 dashtype (14, 5) pointtype 7 pointsize 0.7
    set linetype 7 linecolor rgb "#000000" linewidth 2 dashtype (3, 4) pointtype 5 pointsize 0.7
    set linetype 8 linecolor rgb "#777777" linewidth 2 dashtype (7, 4) pointtype 9 pointsize 0.7
    set linetype cycle 8

    # Curves with the same x share a block.
    block_of(k) = (k - 1) / together + 1
    column_of(k) = (k - 1) % together + 2

    # Both halves have the axes that hold all curves, with a little room.
    x_low = 1e308; x_high = -1e308; y_low = 1e308; y_high = -1e308
    has_place(value, logarithmic) = value - value == 0 && (!logarithmic || value > 0)
    reach(x, y) = has_place(x, log_x) && has_place(y, log_y) ? (x_low = smaller(x_low, x), \
        x_high = larger(x_high, x), y_low = smaller(y_low, y), y_high = larger(y_high, y), 0) : 0
    # The first and the last point of each, for arrows.
    array from_x[1000]; array from_y[1000]; array to_x[1000]; array to_y[1000]
    ends(k, row, x, y) = (from_x[k] = row == 0 ? x : from_x[k], from_y[k] = row == 0 ? y : from_y[k], \
        to_x[k] = x, to_y[k] = y, 0)
    do for [k = 1:panels] {
        stats table index block_of(k) using (reach($1, column(column_of(k))), \
            ends(k, $0, $1, column(column_of(k))), 0) nooutput
    }
    if (x_low > x_high) { x_low = 1; x_high = 10; y_low = 1; y_high = 10 }
    if (arrows) { x_low = y_low = smaller(0, smaller(x_low, y_low)); x_high = y_high = 1.15 * larger(x_high, y_high) }
    # An upright axis that nearly reaches 0 begins or ends there.
    spread = y_high - y_low
    room(spread, size) = spread > 1e-6 * size ? 0.05 * spread : size > 0 ? size / 2 : 0.5
    extra = room(spread, larger(abs(y_low), abs(y_high)))
    factor = log_y && spread > 0 ? (y_high / y_low) ** 0.05 : 2
    bottom = arrows ? y_low : log_y ? y_low / factor : y_low >= 0 && y_low < spread / 2 ? 0 : y_low - extra
    ceiling = arrows ? y_high : log_y ? y_high * factor : y_high <= 0 && -y_high < spread / 2 ? 0 : y_high + extra
    if (x_low == x_high) { x_low = log_x ? x_low / 2 : x_low - 1; x_high = log_x ? x_high * 2 : x_high + 1 }
    margin = points ? 0.02 : 0
    wider = log_x ? (x_high / x_low) ** margin : margin * (x_high - x_low)
    set xrange [log_x ? x_low / wider : x_low - wider:log_x ? x_high * wider : x_high + wider]
    set yrange [bottom:ceiling]
    set xtics out nomirror scale 0.6 textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 textcolor rgb "#000000"
    set format "%g"
    if (log_x) { set logscale x 2 }
    if (log_y) { set logscale y 10 }
    # The powers of ten alone may be too few to read from.
    if (log_y && ceiling < 1000 * bottom) {
        do for [power = int(floor(log10(bottom))):int(floor(log10(ceiling)))] {
            set ytics add (2 * 10.0 ** power, 5 * 10.0 ** power)
        }
    }
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xlabel x_name textcolor rgb "#555555"

    set multiplot
    do for [h = 1:halves] {
        set lmargin at screen across_page(MARGIN + TICKS)
        set rmargin at screen across_page(MARGIN + TICKS + AREA_WIDTH)
        set tmargin at screen up_page(area_top(h))
        set bmargin at screen up_page(area_top(h) + AREA_HEIGHT)
        set label y_name at screen across_page(MARGIN), screen up_page(area_top(h) - LINE) textcolor rgb "#555555"
        set key at screen across_page(MARGIN + TICKS + AREA_WIDTH + 12), screen up_page(area_top(h)) \
            left top Left reverse samplen 4 spacing 1.5
        first = (h - 1) * in_half
        do for [c = 1:(arrows ? in_half : 0)] {
            set arrow from from_x[first + c], from_y[first + c] to to_x[first + c], to_y[first + c] filled front \
                linetype c dashtype solid
            set label panel_title[first + c] at to_x[first + c], to_y[first + c] offset 0.8, 0.6
        }
        if (arrows) { unset key }
        plot for [c = 1:in_half] table index block_of(first + c) using 1:column_of(first + c) with @style \
            linetype c title panel_title[first + c]
        unset label
        unset arrow
        unset object
    }
    unset multiplot
}
