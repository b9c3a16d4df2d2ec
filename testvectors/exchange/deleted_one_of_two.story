expect: accepted
comment: the other user of the token stays
seed: deleted_one_of_two
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
activate hana +0 left
issue bye +10 taro deletion user=taro tokenId=KKK0000001
approve bye
issue one +20 hana limit-change limit=transfer old=1000000 new=5000000
approve one
verify one +30
