# Draws 09_reversing_break_causal_cross_attention.svg and 09_reversing_break_causal_cross_attention.png from 09_reversing_break_causal_cross_attention.dat. Once more: gnuplot 09_reversing_break_causal_cross_attention.gp
if (!exists("picture")) picture = "09_reversing_break_causal_cross_attention"
data = "09_reversing_break_causal_cross_attention.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1066,1222 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1599,1833 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 1060,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 6,614 to 1060,642 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1066]
    set yrange [1222:0]
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
    set xrange [0:1066]
    set yrange [1196:-26]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 126,106 to 518,498 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 656,106 to 1048,498 front fillstyle empty \
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
         data index 2 using (153.5+56*$1):(133.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 3 using (683.5+56*$1):(133.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 4 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1066]
    set yrange [588:-634]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 126,106 to 518,498 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 656,106 to 1048,498 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 5 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 5 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 5 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 5 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 5 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 5 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 5 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 5 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 5 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 6 using (153.5+56*$1):(133.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 7 using (683.5+56*$1):(133.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 8 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
