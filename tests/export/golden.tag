"a ""film"", cut.mp4",sfw,nsfw,"cat, tabby",none of it
597,46,16,11,0
label,start,end,score,coverage
sfw,0,29,1,0.666667
"cat, tabby",30,40,0.987654,0.909091
nsfw,134,142,0.5,1
sfw,134,149,1,0.4375
nsfw,590,596,1.23457e-05,0.4
