package text

import (
	"bytes"
	"unicode/utf8"
)

// minUnmarked is the length in bytes of the shortest file that is read as UTF-16
// without a byte order mark. A shorter one says too little.
const minUnmarked = 16

// decodeWide reads UTF-16 and UTF-32 by their byte order marks. Without one, half of the
// characters must be ASCII in one byte order of UTF-16, and the other order must give no
// text.
func decodeWide(content []byte) ([]byte, Encoding, bool) {
	for _, in := range marked {
		if text, ok := in.decode(content); ok && isText(text) {
			return text, in, true
		}
	}
	if isMarked(content) {
		return nil, "", false
	}
	if len(content) < minUnmarked {
		return nil, "", false
	}
	for _, in := range []Encoding{UTF16LE, UTF16BE} {
		// A character is two units at most. Most binaries end here, undecoded.
		if units := len(content) / 2; 4*in.asciiUnits(content) < units {
			continue
		}
		if text, ok := in.decode(content); ok && isText(text) && !mostlyForeign(text) {
			return text, in, true
		}
	}
	return nil, "", false
}

// isWide says whether nothing but what a text says tells this encoding from others.
func (in Encoding) isWide() bool { return in.plain() == UTF16LE || in.plain() == UTF16BE }

func mostlyForeign(text []byte) bool { return 2*asciiIn(text) < utf8.RuneCount(text) }

// asciiUnits counts the units of UTF-16 that are ASCII.
func (in Encoding) asciiUnits(content []byte) int {
	n, high := 0, 0
	if in == UTF16LE {
		high = 1
	}
	for i := 0; i+1 < len(content); i += 2 {
		if content[i+high] == 0 && content[i+1-high] < utf8.RuneSelf {
			n++
		}
	}
	return n
}

// asciiIn counts the bytes that are ASCII.
func asciiIn(text []byte) int {
	n := 0
	for _, b := range text {
		if b < utf8.RuneSelf {
			n++
		}
	}
	return n
}

// likely says whether bytes that can be read in an encoding seem to be written
// in it. content is not UTF-8, and text is its decoding.
func (in Encoding) likely(content, text []byte) bool {
	switch in {
	case ShiftJIS:
		return isJapanese(text)
	case GB18030:
		return isChinese(text)
	}
	return isWestern(content)
}

// minForeign is how many characters must speak for an encoding.
const minForeign = 3

// isJapanese looks for full-width kana, which make up a quarter of any Japanese
// text. Latin letters read in this encoding become half-width ones.
func isJapanese(text []byte) bool {
	foreign, kana, narrow := 0, 0, 0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			continue
		case 0x3041 <= r && r <= 0x30fe:
			kana++
		case 0xff61 <= r && r <= 0xff9f:
			narrow++
		}
		foreign++
	}
	return kana >= minForeign && 5*kana >= foreign && 4*narrow <= foreign
}

// common are the most frequent characters of Chinese, in prose and in
// programmers' texts: half of such a text, and a twelfth of a text in another
// encoding that is read as GB 18030.
const common = "的一是不了在有人我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成" +
	"事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部" +
	"正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市" +
	"返回值函数参类型字符串数组列表对象方法接口实例变量设置获取添加删除修改查询更新创建初始化配置文件路径名称参数错误异常成功失败请求响应处理" +
	"默认是否如果执行调用示测试注释说明版本系统数据库表单用户密码登录权限管理员信息消息内容类别标题时间日期状态开始结束输入输出读写"

var isCommon = func() map[rune]bool {
	set := make(map[rune]bool, len(common)/3)
	for _, r := range common {
		set[r] = true
	}
	return set
}()

// isChinese looks for common characters of Chinese. Kana among them come from
// Japanese text in EUC.
func isChinese(text []byte) bool {
	foreign, known, kana, rare := 0, 0, 0, 0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			continue
		case isCommon[r]:
			known++
		case 0x3041 <= r && r <= 0x30fe:
			kana++
		case r > 0x9fff && r < 0xff00 || 0x3400 <= r && r < 0x4e00:
			rare++
		}
		foreign++
	}
	return known >= minForeign && 3*known >= foreign && 10*kana <= foreign && 20*rare <= foreign
}

// isWestern looks at bytes above ASCII as characters of Windows-1252. In
// western languages they are mostly letters inside words, and signs that stand
// alone. Other alphabets give runs of them, and signs among letters.
func isWestern(content []byte) bool {
	high, odd := 0, 0
	for i, b := range content {
		if b < utf8.RuneSelf {
			continue
		}
		high++
		before, after := at(content, i-1), at(content, i+1)
		switch {
		case b >= 0xc0 && b != 0xd7 && b != 0xf7:
			// ð, þ, ý and their capitals are more often letters of another
			// alphabet.
			rare := b&0xdf == 0xd0 || b&0xdf == 0xde || b&0xdf == 0xdd
			if rare || before >= utf8.RuneSelf && after >= utf8.RuneSelf || !asciiLetter(before) && !asciiLetter(after) {
				odd++
			}
		case bytes.IndexByte([]byte("\x8a\x8c\x8e\x9a\x9c\x9e\x9f"), b) >= 0: // ŠŒŽšœžŸ
			if !asciiLetter(before) && !asciiLetter(after) {
				odd++
			}
		case asciiLetter(before) && asciiLetter(after) && b != 0x92 && b != 0xb7: // a sign within a word, except ’ and ·
			odd++
		case before >= utf8.RuneSelf && after >= utf8.RuneSelf:
			odd++
		}
	}
	return 10*odd <= high
}

func at(content []byte, i int) byte {
	if i < 0 || i >= len(content) {
		return ' '
	}
	return content[i]
}

func asciiLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
