expect: rejected AlreadySettled
comment: an attempt is bound to what was typed: another response under its ID is another attempt
seed: confirmation_repeated_with_another_response
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
enroll taro +0 left
approve taro
second taro +10
approve taro
confirm taro +20 attempt a
confirm taro +21 as wrong attempt a
