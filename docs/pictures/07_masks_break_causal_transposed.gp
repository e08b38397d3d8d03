# Draws 07_masks_break_causal_transposed.svg and 07_masks_break_causal_transposed.png from 07_masks_break_causal_transposed.dat. Once more: gnuplot 07_masks_break_causal_transposed.gp
if (!exists("picture")) picture = "07_masks_break_causal_transposed"
data = "07_masks_break_causal_transposed.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1434,1842 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 2151,2763 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 1428,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 6,924 to 1428,952 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1434]
    set yrange [1842:0]
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
    set xrange [0:1434]
    set yrange [1816:-26]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 73,141 to 345,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 430,141 to 702,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 3 rectangle from 787,141 to 1059,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 4 rectangle from 1144,141 to 1416,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 5 rectangle from 73,536 to 345,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 6 rectangle from 430,536 to 702,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 7 rectangle from 787,536 to 1059,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 8 rectangle from 1144,536 to 1416,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 1 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 1 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 1 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 1 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 1 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 1 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 1 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 1 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 1 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 2 using (89.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 3 using (446.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 4 using (803.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 5 using (1160.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 6 using (89.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 7 using (446.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 8 using (803.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 9 using (1160.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 10 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1434]
    set yrange [898:-944]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 73,141 to 345,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 430,141 to 702,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 3 rectangle from 787,141 to 1059,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 4 rectangle from 1144,141 to 1416,413 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 5 rectangle from 73,536 to 345,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 6 rectangle from 430,536 to 702,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 7 rectangle from 787,536 to 1059,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 8 rectangle from 1144,536 to 1416,808 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 11 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 11 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 11 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 11 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 11 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 11 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 11 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 11 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 11 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 12 using (89.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 13 using (446.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 14 using (803.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 15 using (1160.5+34*$1):(157.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 16 using (89.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 17 using (446.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 18 using (803.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 19 using (1160.5+34*$1):(552.5+34*$2):(16.5):(16.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 20 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
