# Draws 10_blocks.svg and 10_blocks.png from 10_blocks.dat. Once more: gnuplot 10_blocks.gp
if (!exists("picture")) picture = "10_blocks"
data = "10_blocks.dat"
set encoding utf8
set datafile separator "\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {
    if (format eq "svg") {
        set terminal svg size 1244,724 fixed noenhanced background "#ffffff" \
            font "DejaVu Sans,Verdana,sans-serif,12"
    } else {
        set terminal pngcairo size 1866,1086 fontscale 1.125 linewidth 1.5 pointscale 1.5 \
            noenhanced background "#ffffff" font "DejaVu Sans,12"
    }
    set output picture.".".format
    set multiplot
    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:1244]
    set yrange [724:0]
    unset key
    unset tics
    unset border
    set object 1 rectangle from 79,106 to 607,634 front fillstyle empty \
        border linecolor rgb "#888888" linewidth 1
    set object 2 rectangle from 698,106 to 1226,634 front fillstyle empty \
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
         data index 1 using (89.5+22*$1):(116.5+22*$2):(10.5):(10.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 2 using (708.5+22*$1):(116.5+22*$2):(10.5):(10.5):4 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         data index 3 using 1:2:3:4:5 \
             with boxxyerror fillstyle solid noborder linecolor rgb variable
    unset multiplot
    unset output
}
