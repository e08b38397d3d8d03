# Draws 11_differences.svg and 11_differences.png from 11_differences.dat. Once more: gnuplot 11_differences.gp
if (!exists("picture")) picture = "11_differences"
data = "11_differences.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 824,482 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1236,723 fontscale 1.125 linewidth 1.5 pointscale 1.5 \
            noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:824]
    set yrange [482:0]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
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
    set lmargin at screen 0.089806
    set rmargin at screen 0.769417
    set tmargin at screen 0.854772
    set bmargin at screen 0.149378
    set xrange [0:39]
    set yrange [1.4552265e-13:2.55999701]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale y 10
    plot data index 1 using 1:2 with lines linecolor rgb "#0072B2" linewidth 2 dashtype solid, \
         data index 2 using 1:2 with lines linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset multiplot
    unset output
}
