settings-title = Settings
settings-profile = Profile
settings-identities = Identities and rotation
settings-mediators = Mediators
settings-connection = Connection
settings-notifications = Notifications
settings-export = Export and backup
settings-appearance = Appearance
settings-keyboard = Keyboard

profile-lead = This is how the people you write with know you.
profile-name-hint = Your contacts are told when you change it.
profile-saved = Your contacts will see the new name.
profile-folder = Profile folder

identities-lead = Every contact knows you under an identity of its own. When you think a key may be known to others, take new ones. Your old identity vouches for the new one, and no conversation is lost.
identities-contacts = Contacts
identities-nobody = There is nobody yet who would have to know.
identities-running = The last rotation is not confirmed by everybody yet.
identities-queued = Follows when the last one is confirmed.
identities-told = Told, not confirmed yet.
identities-offline = Not connected. Told as soon as they are.
identities-settled = Knows your present identity.
identities-confirmed = Confirmed
identities-not-yet = Not yet
identities-rotate = Rotate
identities-more = Show { $count } more

rotate-all = Rotate all
rotate-all-title = { $count ->
    [one] Take a new identity for your contact?
   *[other] Take new identities for all { $count } contacts?
}
rotate-all-text = Each old identity confirms the new one. Nobody has to do anything, and no conversation is lost.
rotation-title = Rotating identities
rotation-title-done = Rotation finished
rotation-progress = { $confirmed } of { $total } contacts have confirmed.
rotation-done = { $total ->
    [one] Your contact has confirmed your new identity.
   *[other] All { $total } contacts have confirmed your new identities.
}
rotation-open = Until the last one answers, your previous identities stay open for their mail. You can close Signet.

mediators-lead = A mediator keeps sealed messages for you while this computer is off. It cannot read them, and is not told who sent them.
mediators-add = Add
mediators-place = Link or DID of a mediator
mediators-picture = Choose a picture of the QR code
mediators-none = No mediator yet
mediators-none-text = Without one, messages arrive only while both of you are online.
mediators-granted = Keeps your mail. { $contacts ->
    [0] Nobody writes by it yet.
    [one] One contact writes by it.
   *[other] { $contacts } contacts write by it.
}
mediators-asking = Asked. It has not answered yet.
mediators-away = Has not answered for a day. Contacts write by the others until it does; what it holds for you stays there.
mediators-not-answering = Asked again by itself. What it holds for you stays there.
mediators-refused = It serves only those it knows. Ask whoever runs it for an invitation.
mediators-leaving = { $contacts ->
    [0] What waits there is fetched before you leave.
    [one] One contact still writes by it, and is told of the new way.
   *[other] { $contacts } contacts still write by it, and are told of the new way.
}
mediators-behind = Not confirmed by { $names } yet. If their software cannot follow, invite them again.
mediators-behind-others = { $count ->
    [one] one other
   *[other] { $count } others
}
mediators-empty = Nobody writes by it any more, and nothing waits there.
mediators-knows = It knows { $count ->
    [one] one identity of yours.
   *[other] { $count } identities of yours, and that they are one person’s.
}
mediators-heard = Answered { $time }
mediators-state-granted = Answering
mediators-state-asking = Asked
mediators-state-away = Away
mediators-state-not-answering = Not answering
mediators-state-refused = Refused
mediators-state-leaving = Leaving
mediators-state-empty = Safe to remove
mediators-leave = Leave
mediators-remove = Remove
mediators-remove-now = Remove now
mediators-pages = One that has a page shows your invitations there, under a short link. It sees them, and from where they are opened, but neither your name nor your notes.
mediators-told = When you add or leave one, every contact gets a new identity of yours that names the new way. No conversation is lost.

connection-online = You can send and receive
connection-alone = Nobody is connected at the moment
connection-offline = You are offline
connection-again = Check again
connection-straight = Straight to people
connection-direct = Directly
connection-direct-text = { $count ->
    [0] No contact is connected.
    [one] Connected to one of your contacts.
   *[other] Connected to { $count } of your contacts.
}
connection-works = Works
connection-relay = Through relays
connection-relay-text = { $count ->
    [0] None. A mediator may offer one, for people whose routers let nobody in.
    [one] One relay leads people to you past your router. It cannot read anything.
   *[other] { $count } relays lead people to you past your router. They cannot read anything.
}
connection-router = Ask the router
connection-router-text = Lets people reach you directly, where it can (UPnP). Changes count from the next start.
connection-local = In this network
connection-local-text = Finds people nearby without the internet. Others in the network can see that Signet runs here.
connection-http = Over the web
connection-http-on = Other software reaches you at { $address }.
connection-http-off = No web address of your own. Software of other makes cannot begin to write to you.
connection-waiting = Waiting on this computer
connection-waits-for = A message for { $name }
connection-waits-how = Goes out as soon as a way opens.
connection-show = Show
connection-technical = addresses and the name of this computer in the network
connection-peer-id = PeerId
connection-listen = Listens at

notifications-lead = What a notification may show to whoever looks at your screen.
notifications-full = Name and text
notifications-full-hint = “Alice: Come by on Saturday?”
notifications-name = Name only
notifications-name-hint = “Alice: New message”
notifications-none = Neither
notifications-none-hint = “New message”

appearance-lead = Light and dark hold the same things.
appearance-theme = Theme
appearance-light = Light
appearance-dark = Dark
appearance-system = System

export-lead = An export is for reading elsewhere and is not encrypted. A backup is the whole profile, encrypted, for keeping.
export-all-title = Export all conversations
export-all-hint = As a readable page, as JSON or as plain text.
export-all = Export all
export-title = Export conversation
export-format = As
export-html = Readable page
export-html-hint = Opens in any browser
export-json = JSON
export-json-hint = For other programs
export-text = Plain text
export-text-hint = For reading only
export-open = The export is not encrypted.
export-go = Export
export-done = Export finished: { $entries } messages, { $path }
backup-title = Back up the profile
backup-hint = Contacts, history and keys in one encrypted file. The passphrase or the unlock code opens it.
backup = Back up
backup-done = Backup finished: { $path }

keyboard-lead = Everything works without a mouse.
keyboard-filter = Find a person
keyboard-new-contact = New contact
keyboard-neighbour = Previous, next conversation
keyboard-nth = First to ninth conversation
keyboard-details = Details
keyboard-settings = Settings
keyboard-this = This list
keyboard-send = Send
keyboard-line = New line
keyboard-messages = From message to message
keyboard-message-details = Message details, on a message
keyboard-newest = Newest message, in the log
keyboard-regions = Next part of the window
keyboard-close = Close what is on top
