# Draws 01_similarity_break_dot_product_for_likeness.svg and 01_similarity_break_dot_product_for_likeness.png from 01_similarity_break_dot_product_for_likeness.dat. Once more: gnuplot 01_similarity_break_dot_product_for_likeness.gp
if (!exists("picture")) picture = "01_similarity_break_dot_product_for_likeness"
data = "01_similarity_break_dot_product_for_likeness.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 904,609 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1356,913 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 446,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 458,6 to 898,34 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:904]
    set yrange [609:0]
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
    set xrange [0:904]
    set yrange [561:-48]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 64,101 to 434,471 front fillstyle empty \
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
         data index 2 using (82+37*$1):(119+37*$2):(18):(18):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 2 using (82+37*$1):(119+37*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 3 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [-452:452]
    set yrange [561:-48]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 64,101 to 434,471 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    plot data index 4 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \
         data index 4 using (text(1)):2:3 with labels left textcolor rgb '#000000' font ",13", \
         data index 4 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12", \
         data index 4 using (text(3)):2:3 with labels right textcolor rgb '#555555' font ",12", \
         data index 4 using (text(4)):2:3 with labels center textcolor rgb '#555555' font ",12", \
         data index 4 using (text(5)):2:3 with labels left textcolor rgb '#000000' font ",12", \
         data index 4 using (text(6)):2:3 with labels right textcolor rgb '#000000' font ",12", \
         data index 4 using (text(7)):2:3 with labels center textcolor rgb '#000000' font ",12", \
         data index 4 using (text(8)):2:3 with labels left rotate by 90 textcolor rgb '#000000' font ",12", \
         data index 5 using (82+37*$1):(119+37*$2):(18):(18):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 5 using (82+37*$1):(119+37*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 6 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
