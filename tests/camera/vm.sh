#!/usr/bin/env bash
# Reads real Video4Linux cameras on a machine that has none: boots Debian's kernel in QEMU, where the real uvcvideo driver
# binds to a USB camera made of software (usb_camera.rs), and runs camtoken there (init.sh).
#
#   tests/camera/vm.sh CAMTOKEN USB-CAMERA [WORK]
#
# Needs qemu-system-x86, cpio, and the Debian packages of the kernel and of busybox, which are downloaded and not installed.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
camtoken=$(realpath "$1")
usb_camera=$(realpath "$2")
work=${3:-target/camera-vm}
mkdir -p "$work"
work=$(realpath "$work")

if ! [ -s "$work/vmlinuz" ] || ! [ -s "$work/busybox" ]; then
    rm -rf "$work/parts"
    mkdir -p "$work/parts/modules"
    cd "$work/parts"
    kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
    apt-get download -qq "$kernel" busybox-static
    dpkg-deb --fsys-tarfile linux-image-*.deb | tar -x
    dpkg-deb --fsys-tarfile busybox-static_*.deb | tar -x ./bin/busybox
    for module in usb-common usbcore usbip-core vhci-hcd mc videodev videobuf2-common videobuf2-v4l2 videobuf2-memops \
        videobuf2-vmalloc uvc uvcvideo; do
        find . -path ./modules -prune -o -name "$module.ko*" -exec cp {} modules \;
    done
    find modules -name '*.xz' -exec xz -d {} +
    mv boot/vmlinuz-* "$work/vmlinuz"
    rm -rf "$work/modules"
    mv modules "$work/modules"
    mv bin/busybox "$work/busybox"
    cd "$work"
    rm -rf parts
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,proc,sys,tmp,frames,lib/modules}
cp "$work/busybox" "$root/bin/"
cp "$work"/modules/*.ko "$root/lib/modules/"
install -m 755 "$here/init.sh" "$root/init"
for program in "$camtoken" "$usb_camera"; do
    strip -o "$root/bin/$(basename "$program")" "$program"
    # The programs as they were built, with the libraries that they name.
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$root$library"; done
done
"$usb_camera" frame "$root/frames/first.jpg" 1280x720 "CT1:FIRST CODE"
"$usb_camera" frame "$root/frames/small1.jpg" 640x480 "CT1:FIRST CODE"
"$usb_camera" frame "$root/frames/small2.jpg" 640x480 "CT1:SECOND CODE"
"$usb_camera" frame "$root/frames/first.yuyv" 640x480 "CT1:FIRST CODE"
"$usb_camera" frame "$root/frames/blank.jpg" 640x480
"$usb_camera" frame "$root/frames/blank.yuyv" 640x480

# A challenge that the bank issues here; the token in the machine reads it by its camera, and its answer has to be right.
bank=$(mktemp -d)
trap 'rm -rf "$root" "$bank"' EXIT
export CAMTOKEN_STATE_DIR=$bank CAMTOKEN_ACCEPT_TEST_KEYS=true CAMTOKEN_CHALLENGE_LIFETIME=600s
ask() { "$camtoken" --quiet "$@"; }
ask token new mine --test --id KKK0000001 >/dev/null
ask token export mine | ask enroll import - >/dev/null
activation=$(ask enroll start --token KKK0000001 --contract 1234567890 --user TANAKA -o "$bank/1.png")
device_code=$(ask scan "$bank/1.png" --confirm auto)
ask enroll second "$activation" "$device_code" -o "$bank/2.png" >/dev/null
ask enroll confirm "$activation" "$(ask scan "$bank/2.png" --confirm auto --keep yes)" >/dev/null
ask token export mine >"$root/frames/token.json"
challenge=$(ask issue limit-change --for "$activation" --field limit=transfer --field old=1000000 --field new=5000000 \
    -o "$bank/3.png")
"$usb_camera" frame "$root/frames/challenge.jpg" 1280x720 "$(ask scan --raw "$bank/3.png")"

(cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initramfs.cpio"

# boot SECONDS ACCELERATOR [WORD]
boot() {
    timeout "$1" qemu-system-x86_64 -accel "$2" -cpu max -M q35,usb=off,sata=off,smbus=off -m 512 -smp 1 \
        -nodefaults -no-user-config -display none -no-reboot -serial stdio -kernel "$work/vmlinuz" \
        -initrd "$work/initramfs.cpio" \
        -append "console=ttyS0 quiet loglevel=4 panic=-1 random.trust_cpu=on mitigations=off rdinit=/init ${3:-}" \
        </dev/null
}
accelerator=tcg
# A host may have /dev/kvm and yet not let it work.
if [ -w /dev/kvm ] && boot 20 kvm probe-only 2>/dev/null | grep -q 'guest up'; then accelerator=kvm; fi
echo "accelerator: $accelerator"
boot 280 $accelerator | tee "$work/console" || true
grep -q 'RESULT failed=0' "$work/console"
response=$(sed -n 's/^RESPONSE \([0-9]\{8\}\).*/\1/p' "$work/console")
ask verify "$challenge" "$response" >/dev/null
echo "ok    the bank accepts what the token in the machine answers"
