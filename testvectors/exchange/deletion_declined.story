expect: accepted
comment: a deletion that is declined deletes nothing
seed: deletion_declined
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue bye +10 taro deletion user=taro tokenId=KKK0000001
decline bye -> refused T10
issue one +20 taro limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +30
