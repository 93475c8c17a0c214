lock-title = Signet is locked
lock-passphrase = Passphrase
lock-code = Unlock code
lock-show = Show the passphrase
lock-hide = Hide the passphrase
lock-unlock = Unlock
lock-by-code = Use the unlock code
lock-by-passphrase = Use the passphrase
