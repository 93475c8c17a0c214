new-contact-title = New contact
new-contact-show = Show an invitation
new-contact-scan = Scan or paste one

invite-note = Who is it for?
invite-note-hint = Only you see this
invite-kind = For how many people
invite-once = For one person
invite-once-hint = Stops working once somebody has answered.
invite-reusable = Reusable
invite-reusable-hint = For a website or a poster. You accept each person.
invite-valid = Valid
invite-valid-hour = For one hour
invite-valid-days = { $days ->
    [one] For { $days } day, until { $day }
   *[other] For { $days } days, until { $day }
}
invite-valid-always = Until it is revoked
invite-link = Link
invite-qr = Invitation as a QR code; the link beside it says the same
invite-enlarge = Fill the window with the code
invite-shrink = Back to the invitation
invite-waiting = Nobody has answered yet. You may close this window.
invite-answered = { $name } has answered.
invite-answered-somebody = Somebody has answered.
invite-used = This invitation has been used.
invite-expired = This invitation has expired.
invite-revoked = This invitation was taken back.
invite-another = Make another
invite-open = Open invitations
invite-no-note = Without a note
invite-until = until { $day }
invite-revoke = Revoke

scan-link = Paste an invitation link
scan-empty = Paste a link first, or drop a picture of the code below.
scan-paste = Paste
scan-paste-keys = Press Ctrl V to paste.
scan-accept = Accept
scan-drop = Drop a picture of the QR code here
scan-drop-hint = A screenshot or a photo.
scan-reading = Reading the picture
scan-choose = Choose a file
scan-too-large = This file is too large for a picture of a code.
