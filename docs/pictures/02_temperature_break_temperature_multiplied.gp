# Draws 02_temperature_break_temperature_multiplied.svg and 02_temperature_break_temperature_multiplied.png from 02_temperature_break_temperature_multiplied.dat. Once more: gnuplot 02_temperature_break_temperature_multiplied.gp
if (!exists("picture")) picture = "02_temperature_break_temperature_multiplied"
data = "02_temperature_break_temperature_multiplied.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 847,1010 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1270,1515 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 841,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 6,508 to 841,536 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:847]
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
    set xrange [0:847]
    set yrange [984:-26]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    set arrow from 654,125 to 690,125 nohead linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
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
    set lmargin at screen 0.087367
    set rmargin at screen 0.748524
    set tmargin at screen 0.904951
    set bmargin at screen 0.568317
    set xrange [0.125:64]
    set yrange [0:1.05]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale x 2
    plot data index 2 using 1:2 with lines linecolor rgb "#0072B2" linewidth 2 dashtype solid, \
         data index 3 using 1:2 with lines linecolor rgb "#D55E00" linewidth 2 dashtype (14,5), \
         data index 4 using 1:2 with lines linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:847]
    set yrange [482:-528]
    unset key
    unset tics
    unset border
    set arrow from 654,81 to 690,81 nohead linecolor rgb "#0072B2" linewidth 2 dashtype solid
    set arrow from 654,103 to 690,103 nohead linecolor rgb "#D55E00" linewidth 2 dashtype (14,5)
    set arrow from 654,125 to 690,125 nohead linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    plot data index 5 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 5 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 5 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 5 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 5 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 5 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 5 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 5 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 5 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12"
    unset arrow
    unset label
    set lmargin at screen 0.087367
    set rmargin at screen 0.748524
    set tmargin at screen 0.407921
    set bmargin at screen 0.071287
    set xrange [0.125:64]
    set yrange [0:1.05]
    set border 3 linecolor rgb "#555555"
    set grid linetype -1 linecolor rgb "#e4e4e4" linewidth 1
    set xtics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set ytics out nomirror scale 0.6 font ",12" textcolor rgb "#000000"
    set format "%g"
    set logscale x 2
    plot data index 6 using 1:2 with lines linecolor rgb "#0072B2" linewidth 2 dashtype solid, \
         data index 7 using 1:2 with lines linecolor rgb "#D55E00" linewidth 2 dashtype (14,5), \
         data index 8 using 1:2 with lines linecolor rgb "#009E73" linewidth 2 dashtype (3,4)
    unset logscale
    unset grid
    set xtics autofreq
    set ytics autofreq
    unset multiplot
    unset output
}
