conversation-label = Conversation with { $name }
conversation-details = Details
conversation-more = More

presence-requested = Would like to write to you
presence-answering = Has not answered yet
presence-online = Online, connected directly
presence-relayed = Online, connected through a relay
presence-unreachable = Names no address we can reach
presence-ended = Ended
presence-blocked = Blocked

log-label = Messages with { $name }
log-new = { $count ->
    [one] { $count } new message
   *[other] { $count } new messages
}
log-newest = Newest

composer-label = Write to { $name }
composer-send = Send

standstill-requested = Accept to write.
standstill-blocked = You blocked { $name }. Nothing they send arrives.
standstill-ended = This relationship has ended. You can read and export it. To write again, make a new invitation.
standstill-export = Export

request-title = Somebody answered your invitation
request-text = “{ $name }” would like to write to you.
request-text-note = “{ $name }” would like to write to you, by the invitation “{ $note }”.
request-accept = Accept
request-refuse = Refuse

not-following-title = { $name } does not follow
not-following-text = { $name }’s software did not follow your new identity. Signet keeps the previous one for { $name }.

disputed-title = Two different identities claim to be { $name }
disputed-text = { $name }’s identity confirmed two different successors. One of them may be a stranger with a stolen key. Nothing is sent until you decide. Ask { $name } on another way.
disputed-show = Show identities

unreachable-title = { $name } cannot be reached
unreachable-text = { $name }’s identity names no address. You can read what { $name } sends, but nothing finds its way back.

offline-title = You are offline
offline-text = Write on. Messages wait here and leave when a way opens.

beginning-answering-title = Waiting for an answer
beginning-answering = You answered the invitation. You can write already; the messages leave as soon as { $name } can be reached.
beginning-connected-title = You and { $name } are connected
beginning-connected = Messages open on your two devices only.
beginning-ended-title = This came to nothing

house-connected = You and { $name } are connected.
house-they-changed = { $name } changed identity, confirmed by the previous one.
house-we-changed = You changed your identity for { $name }.
house-details = Details
