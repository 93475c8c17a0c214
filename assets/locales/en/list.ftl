list-label = Conversations
list-settings = Settings
list-new-contact = New contact
list-filter = Find a person
list-empty-title = No conversations yet
list-empty = They appear here once somebody has answered your invitation, or you theirs.
list-nothing-found = Nobody found for “{ $text }”

foot-online = Connected, directly
foot-relayed = Connected, through a relay
foot-alone = Nobody is connected
foot-offline = Offline. Messages wait here.

row-unread = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}
row-requested = Would like to write to you
row-disputed = Two different identities claim to be { $name }
row-answering = You answered their invitation
row-connected = You are connected
row-draft = Draft:

welcome-label = Conversation
welcome-first-title = Invite the first person
welcome-first = Show them a code, or send them a link in any way you like. One of you shows, the other scans.
welcome-show = Show an invitation
welcome-scan = Scan or paste
welcome-choose-title = Choose a conversation
welcome-choose-before = Or press
welcome-choose-after = and type a name.
