#!/bin/busybox sh
# Runs in the virtual machine as its first process: plugs cameras in, reads them with the real camtoken, and prints
# "RESULT failed=0" when all went as it must.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
dmesg -n 4
now() { cut -d' ' -f1 /proc/uptime; }
echo "guest up after $(now) s: $(uname -r)"
grep -q probe-only /proc/cmdline && poweroff -f

# Some kernels lack some of these, others have them built in.
for module in usb-common usbcore usbip-core vhci-hcd mc videodev videobuf2-common videobuf2-v4l2 videobuf2-memops \
    videobuf2-vmalloc uvc uvcvideo; do
    [ -e /lib/modules/$module.ko ] && insmod /lib/modules/$module.ko 2>/dev/null
done

failed=0
ok() { echo "ok    [$(now)] $1"; }
bad() {
    failed=$((failed + 1))
    echo "FAIL  [$(now)] $1"
    sed 's/^/      /' /tmp/out
}
# reads NAME EXIT PATTERN COMMAND...: the command exits so, and prints a line with the pattern.
reads() {
    name=$1 exit=$2 pattern=$3
    shift 3
    "$@" >/tmp/out 2>&1
    got=$?
    if [ $got = "$exit" ] && grep -q -- "$pattern" /tmp/out; then ok "$name"; else
        echo "exit $got, expected $exit; no line with $pattern" >>/tmp/out
        bad "$name"
    fi
}
plug() {
    usb-camera plug "$@" &
    plugged=$!
    i=0
    while [ ! -e /dev/video0 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    sleep 0.3
}
unplug() {
    kill $plugged 2>/dev/null
    wait $plugged 2>/dev/null
    i=0
    while [ -e /dev/video0 ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
}

reads "no camera, doctor is well" 0 'none found' camtoken doctor
reads "no camera is told" 1 'CT-E121' camtoken scan --raw --camera 0

plug mjpeg:1280x720=/frames/first.jpg mjpeg:640x480=/frames/blank.jpg yuyv:640x480=/frames/blank.yuyv
reads "doctor lists camera and formats, best first" 0 '0: .* (MJPEG 1280x720 30/s, YUYV 640x480 30/s, MJPEG 640x480' camtoken doctor
if camtoken doctor | grep -q '  1: '; then bad "the metadata node is hidden"; else ok "the metadata node is hidden"; fi
reads "MJPEG is read" 0 '^CT1:FIRST CODE$' camtoken scan --raw --quiet --camera 0
reads "it is read again, by its node" 0 '"text": "CT1:FIRST CODE"' camtoken scan --raw --json --camera /dev/video0
reads "the metadata node gives no pictures" 1 'CT-E124' camtoken scan --raw --camera 1
camtoken watch --camera 0 --json >/tmp/holder &
holder=$!
sleep 2
reads "a busy camera is told" 1 'CT-E122' camtoken scan --raw --camera 0
kill $holder
wait $holder 2>/dev/null
unplug

plug mjpeg:1280x720=/frames/challenge.jpg
export CAMTOKEN_STATE_DIR=/tmp/state
camtoken --quiet token import /frames/token.json >/tmp/out 2>&1 || bad "the token is there"
reads "a token reads its challenge by the camera" 0 '^[0-9]\{8\}$' camtoken --quiet scan --camera 0 --confirm auto
echo "RESPONSE $(cat /tmp/out)"
unplug

plug yuyv:640x480=/frames/first.yuyv
reads "YUYV is read" 0 '^CT1:FIRST CODE$' camtoken scan --raw --quiet --camera 0
unplug

plug mjpeg:640x480=/frames/blank.jpg*15,/frames/small1.jpg*240,/frames/small2.jpg
reads "an empty desk has no code" 3 'CT-E031' camtoken scan --raw --camera 0 --timeout 0s
camtoken watch --camera 0 --json >/tmp/out 2>&1 &
watching=$!
i=0
while ! grep -q 'SECOND CODE' /tmp/out && [ $i -lt 60 ]; do sleep 1; i=$((i + 1)); done
kill $watching
wait $watching 2>/dev/null
said=$(sed -n 's/.*"text":"\([^"]*\)".*/\1/p' /tmp/out | uniq | tr '\n' '|')
if [ "$said" = "CT1:FIRST CODE|CT1:SECOND CODE|" ]; then ok "a code that changes is told once each"; else
    bad "a code that changes is told once each: $said"
fi
unplug

plug --seconds 5 mjpeg:640x480=/frames/blank.jpg
reads "a pulled cable is told" 1 '"outcome":"failed".*"code":"CT-E123"' camtoken watch --camera 0 --json --timeout 30s
unplug
plug mjpeg:640x480=/frames/small2.jpg
reads "the camera is back" 0 '^CT1:SECOND CODE$' camtoken scan --raw --quiet --camera 0
unplug

plug --stall 10 yuyv:640x480=/frames/blank.yuyv
reads "a camera that hangs is told" 1 'CT-E125' camtoken scan --raw --camera 0 --timeout 30s
unplug

echo "RESULT failed=$failed after $(now) s"
sync
poweroff -f
