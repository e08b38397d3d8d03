# Draws 08_block_break_residual_left_out.svg and 08_block_break_residual_left_out.png from 08_block_break_residual_left_out.dat. Once more: gnuplot 08_block_break_residual_left_out.gp
if (!exists("picture")) picture = "08_block_break_residual_left_out"
data = "08_block_break_residual_left_out.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1242,1722 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1863,2583 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 1236,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 6,864 to 1236,892 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1242]
    set yrange [1722:0]
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
    set xrange [0:1242]
    set yrange [1696:-26]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 64,131 to 400,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 476,131 to 812,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 3 rectangle from 888,131 to 1224,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 4 rectangle from 64,496 to 190,748 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 5 rectangle from 476,496 to 812,748 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 6 rectangle from 888,496 to 1224,748 front fillstyle empty \
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
         data index 2 using (84.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 2 using (84.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 3 using (496.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 3 using (496.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 4 using (908.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 4 using (908.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 5 using (84.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 5 using (84.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 6 using (496.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 6 using (496.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 7 using (908.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 7 using (908.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 8 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1242]
    set yrange [838:-884]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 64,131 to 400,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 476,131 to 812,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 3 rectangle from 888,131 to 1224,383 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 4 rectangle from 64,496 to 190,748 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 5 rectangle from 476,496 to 812,748 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 6 rectangle from 888,496 to 1224,748 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 9 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 9 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 9 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 9 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 9 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 9 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 9 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 9 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 9 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 10 using (84.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 10 using (84.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 11 using (496.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 11 using (496.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 12 using (908.5+42*$1):(151.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 12 using (908.5+42*$1):(151.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 13 using (84.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 13 using (84.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 14 using (496.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 14 using (496.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 15 using (908.5+42*$1):(516.5+42*$2):(20.5):(20.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 15 using (908.5+42*$1):(516.5+42*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 16 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
