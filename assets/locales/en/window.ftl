# Words that stand in more than one place.
close = Close
cancel = Cancel
back = Back
save = Save
copy = Copy
copied = Copied
nameless = Somebody
open = Open

day-today = Today
day-yesterday = Yesterday
moment-today = today { $time }
moment-yesterday = yesterday { $time }

trouble-title = Signet did not start
stopped-title = Signet has stopped, so that nothing is half-saved
stopped-text = Start it again to go on.
