# Draws 07_mistakes.svg and 07_mistakes.png from 07_mistakes.dat. Once more: gnuplot 07_mistakes.gp
if (!exists("picture")) picture = "07_mistakes"
data = "07_mistakes.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1426,466 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 2139,699 fontscale 1.125 linewidth 1.5 pointscale 1.5 \
            noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1426]
    set yrange [466:0]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 73,106 to 343,376 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 428,106 to 698,376 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 3 rectangle from 783,106 to 1053,376 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 4 rectangle from 1138,106 to 1408,376 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 0 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 0 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 0 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 0 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 0 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 0 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 0 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 0 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 0 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 1 using (95+45*$1):(128+45*$2):(22):(22):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 2 using (450+45*$1):(128+45*$2):(22):(22):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 3 using (805+45*$1):(128+45*$2):(22):(22):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 4 using (1160+45*$1):(128+45*$2):(22):(22):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 5 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
