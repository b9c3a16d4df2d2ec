expect: refused T09
comment: a tester has made the activations half-done: the token refuses before it opens a seal
seed: half_activated_by_a_tester
start: 2026-11-24T00:00:00Z

token left +0 KKK0000001
activate taro +0 left
enroll aoi +10 left
approve aoi
second aoi +20
issue pay +30 taro limit-change limit=transfer old=1000000 new=5000000
fault left half-activated
approve pay -> refused T09
picture pay altered
approve pay -> refused T09
approve aoi -> refused T09
picture aoi altered
approve aoi -> refused T09
issue end +40 taro deletion user=taro tokenId=KKK0000001
approve end
