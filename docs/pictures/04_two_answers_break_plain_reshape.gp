# Draws 04_two_answers_break_plain_reshape.svg and 04_two_answers_break_plain_reshape.png from 04_two_answers_break_plain_reshape.dat. Once more: gnuplot 04_two_answers_break_plain_reshape.gp
if (!exists("picture")) picture = "04_two_answers_break_plain_reshape"
data = "04_two_answers_break_plain_reshape.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1082,416 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1623,624 fontscale 1.125 linewidth 1.5 \
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    unset object
    set object 101 rectangle from 6,6 to 535,34 behind fillstyle solid noborder fillcolor rgb "#D6E8F5"
    set object 102 rectangle from 547,6 to 1076,34 behind fillstyle solid noborder fillcolor rgb "#FBDCC8"
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1082]
    set yrange [416:0]
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
    set xrange [0:1082]
    set yrange [346:-70]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 187,88 to 523,256 front fillstyle empty \
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
         data index 2 using (214.5+56*$1):(115.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 2 using (214.5+56*$1):(115.5+56*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 3 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset object
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [-541:541]
    set yrange [346:-70]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 187,88 to 523,256 front fillstyle empty \
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
         data index 5 using (214.5+56*$1):(115.5+56*$2):(27.5):(27.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 5 using (214.5+56*$1):(115.5+56*$2):6:5 \
             with labels center textcolor rgb variable font ",11", \
         data index 6 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
