expect: refused T08
comment: the code of deletion ends the activation on the token
seed: deleted
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue bye +10 taro deletion user=taro tokenId=KKK0000001
approve bye
issue one +20 taro limit-change limit=transfer old=1000000 new=5000000
approve one
