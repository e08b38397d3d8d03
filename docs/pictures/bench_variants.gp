# Draws bench_variants.svg and bench_variants.png from bench_variants.dat. Once more: gnuplot bench_variants.gp
if (!exists("picture")) picture = "bench_variants"
data = "bench_variants.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 778,482 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1167,723 fontscale 1.125 linewidth 1.5 pointscale 1.5 \
            noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:778]
    set yrange [482:0]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set label at 672,81 "" point linecolor rgb "#0072B2" pointtype 7 pointsize 0.7
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    set label at 672,103 "" point linecolor rgb "#D55E00" pointtype 5 pointsize 0.7
    set arrow from 654,125 to 690,125 nohead linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    set label at 672,125 "" point linecolor rgb "#009E73" pointtype 9 pointsize 0.7
    set arrow from 654,147 to 690,147 nohead linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4)
    set label at 672,147 "" point linecolor rgb "#CC79A7" pointtype 13 pointsize 0.7
    set arrow from 654,169 to 690,169 nohead linecolor rgb "#E69F00" linewidth 2 dashtype (7,4)
    set label at 672,169 "" point linecolor rgb "#E69F00" pointtype 11 pointsize 0.7
    set arrow from 654,191 to 690,191 nohead linecolor rgb "#56B4E9" linewidth 2 dashtype solid
    set label at 672,191 "" point linecolor rgb "#56B4E9" pointtype 7 pointsize 0.7
    set arrow from 654,213 to 690,213 nohead linecolor rgb "#000000" linewidth 2 dashtype (14,5)
    set label at 672,213 "" point linecolor rgb "#000000" pointtype 5 pointsize 0.7
    set arrow from 654,235 to 690,235 nohead linecolor rgb "#0072B2" linewidth 2 dashtype (14,4,3,4)
    set label at 672,235 "" point linecolor rgb "#0072B2" pointtype 9 pointsize 0.7
    plot data index 0 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 0 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 0 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 0 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 0 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 0 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 0 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 0 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 0 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12"
    unset arrow
    unset label
    set lmargin at screen 0.095116
    set rmargin at screen 0.814910
    set tmargin at screen 0.854772
    set bmargin at screen 0.149378
    set xrange [14.3204011:4576.40812]
    set yrange [0.790597282:149.169908]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale x 2
    set logscale y 10
    set ytics (1e-1, 2e-1, 5e-1, 1e0, 2e0, 5e0, 1e1, 2e1, 5e1, 1e2, 2e2, 5e2)
    plot data index 1 using 1:2 with linespoints linecolor rgb "#0072B2" linewidth 2 dashtype solid pointtype 7 pointsize 0.7, \
         data index 2 using 1:2 with linespoints linecolor rgb "#D55E00" linewidth 2 dashtype (14,5) pointtype 5 pointsize 0.7, \
         data index 3 using 1:2 with linespoints linecolor rgb "#009E73" linewidth 2 dashtype (3,4) pointtype 9 pointsize 0.7, \
         data index 4 using 1:2 with linespoints linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4) pointtype 13 pointsize 0.7, \
         data index 5 using 1:2 with linespoints linecolor rgb "#E69F00" linewidth 2 dashtype (7,4) pointtype 11 pointsize 0.7, \
         data index 6 using 1:2 with linespoints linecolor rgb "#56B4E9" linewidth 2 dashtype solid pointtype 7 pointsize 0.7, \
         data index 7 using 1:2 with linespoints linecolor rgb "#000000" linewidth 2 dashtype (14,5) pointtype 5 pointsize 0.7, \
         data index 8 using 1:2 with linespoints linecolor rgb "#0072B2" linewidth 2 dashtype (14,4,3,4) pointtype 9 pointsize 0.7
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset multiplot
    unset output
}
