expect: refused T04
comment: the code of deletion names another token
seed: deletion_of_another_token
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
issue bye +10 taro deletion user=taro tokenId=KKK0000002
approve bye
