# Draws 11_valley_break_no_bias_correction.svg and 11_valley_break_no_bias_correction.png from 11_valley_break_no_bias_correction.dat. Once more: gnuplot 11_valley_break_no_bias_correction.gp
if (!exists("picture")) picture = "11_valley_break_no_bias_correction"
data = "11_valley_break_no_bias_correction.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 824,1010 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1236,1515 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 818,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 6,508 to 818,536 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:824]
    set yrange [1010:0]
    unset key
    unset tics
    unset border
    plot data index 0 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 0 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12"
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:824]
    set yrange [984:-26]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    set arrow from 654,125 to 690,125 nohead linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    set arrow from 654,147 to 690,147 nohead linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4)
    plot data index 1 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 1 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 1 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 1 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 1 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 1 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 1 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 1 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 1 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12"
    unset arrow
    unset label
    set lmargin at screen 0.089806
    set rmargin at screen 0.769417
    set tmargin at screen 0.904951
    set bmargin at screen 0.568317
    set xrange [0:100]
    set yrange [2.96909013e-10:2279583.96]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale y 10
    plot data index 2 using 1:2 with lines linecolor rgb "#0072B2" linewidth 2 dashtype solid, \
         data index 3 using 1:2 with lines linecolor rgb "#D55E00" linewidth 2 dashtype (14,5), \
         data index 4 using 1:2 with lines linecolor rgb "#009E73" linewidth 2 dashtype (3,4), \
         data index 5 using 1:2 with lines linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4)
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:824]
    set yrange [482:-528]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    set arrow from 654,125 to 690,125 nohead linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    set arrow from 654,147 to 690,147 nohead linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4)
    plot data index 6 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 6 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 6 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 6 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 6 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 6 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 6 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 6 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 6 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12"
    unset arrow
    unset label
    set lmargin at screen 0.089806
    set rmargin at screen 0.769417
    set tmargin at screen 0.407921
    set bmargin at screen 0.071287
    set xrange [0:100]
    set yrange [2.96909013e-10:2279583.96]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale y 10
    plot data index 7 using 1:2 with lines linecolor rgb "#0072B2" linewidth 2 dashtype solid, \
         data index 8 using 1:2 with lines linecolor rgb "#D55E00" linewidth 2 dashtype (14,5), \
         data index 9 using 1:2 with lines linecolor rgb "#009E73" linewidth 2 dashtype (3,4), \
         data index 10 using 1:2 with lines linecolor rgb "#CC79A7" linewidth 2 dashtype (14,4,3,4)
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset multiplot
    unset output
}
