# Delivery in one word, for glyphs.
state-queued = Waiting
state-sent = Sent
state-delivered = Delivered
state-read = Read
state-failed = Not sent

# Delivery in a line, under the newest own message.
line-waiting = Waiting: { $reason }
line-waiting-connection = Waiting for a connection.
line-held = Held: { $name }’s identity is disputed.
line-sent-direct = Sent directly, not opened yet.
line-sent-relayed = Sent through a relay, not opened yet.
line-sent-http = Sent over the web, not opened yet.
line-sent-mediator = With their mediator, not fetched yet.
line-sent-final = Sent. { $name }’s software does not confirm.
line-delivered = Delivered
line-delivered-direct = Delivered, directly
line-delivered-relayed = Delivered, through a relay
line-delivered-http = Delivered, over the web
line-delivered-mediator = Delivered, by mediator
line-read = Read
line-read-direct = Read, sent directly
line-read-relayed = Read, sent through a relay
line-read-http = Read, sent over the web
line-read-mediator = Read, sent by mediator
line-failed = Not sent.
line-resend = Send again

message-you = You
message-signed = signed
message-copy = Copy
message-details = Message details

message-about = About this message
message-received = Received { $time }
message-route = Route
message-proof = Proof
message-technical = Technical details

route-direct = Directly
route-relayed = Through a relay, which cannot read it
route-http = Over the web
route-mediator = By their mediator
route-none = None yet

step-written = Written
step-written-here = On this computer
step-sent-direct = Sent directly
step-sent-http = Sent over the web
step-sent-mediator = With their mediator
step-sent-not = Not sent yet
step-delivered = Delivered
step-delivered-opened = { $name }’s software opened it
step-delivered-not = Not delivered yet
step-delivered-never = { $name }’s software has never confirmed anything
step-read = Read
step-read-not = Not read yet

proof-encrypted-them = Encrypted for { $name }’s identity
proof-encrypted-you = Encrypted for your identity
proof-written = Written by { $name }: you can be sure, but not prove it to others
proof-written-you = Written by you: { $name } can be sure. Not signed, so nobody can prove it to others.
proof-signed = Signed by { $name }: anyone can check it
proof-signed-you = Signed by you: anyone can check it

technical-id = Message id
technical-algorithms = Algorithms
technical-sender-key = Sender’s key
technical-recipient-key = Recipient’s key
technical-my-did = My DID
technical-their-did = Their DID

link-title = Open this link?
link-host = It leads to { $host }. Signet opens nothing by itself: copy it into your browser.
link-copy = Copy link
link-copied = Link copied
