"""Vietnamese sentences for error codes: what happened, and what a clerk can do now.

The English sentence of an error names the paper and the limit. The Vietnamese sentence precedes it
in every output for clerks, and is the same for all errors of a code. Codes that only programmers
and operators meet (``http.*``, ``setting.*`` ...) have no sentence here.
"""

from __future__ import annotations

from api.wording import labels
from dossier.errors import IntegrityViolation, SohoaError

_SCAN_AGAIN = "Hãy quét lại giấy này."
_NOT_LOST = "Giấy không mất"
_ALARM = "BÁO ĐỘNG: nội dung đã lưu không còn như lúc ghi. Hãy báo ngay quản trị viên."
_TROUBLE = f"Máy đang gặp trục trặc. {_NOT_LOST}; nếu chờ lâu, hãy báo quản trị viên."
_LOWER_RESOLUTION = "Hãy quét ở độ phân giải thấp hơn; 200 đến 300 dpi là đủ."

# Codes of one cause each.
SENTENCES = {
    "scan.empty": f"Tệp trống. {_SCAN_AGAIN}",
    "scan.encrypted": "Tệp PDF bị khóa bằng mật khẩu hoặc chứng thư chữ ký số. Hãy gửi tệp "
    "không khóa.",
    "scan.portfolio": (
        "Tệp PDF này là một tập (portfolio): trang của nó chỉ là bìa, giấy tờ nằm ở các tệp "
        "bên trong. Hãy lấy từng tệp ra rồi gửi riêng."
    ),
    "scan.dynamic-form": (
        "Tệp PDF này là biểu mẫu động (XFA), chỉ Adobe Acrobat hiển thị được. Hãy mở bằng Acrobat, "
        "in ra PDF hoặc in ra giấy rồi gửi lại."
    ),
    "scan.old-jpeg": (
        "Tệp TIFF nén kiểu JPEG cũ (mã nén 6), chương trình không đọc. Hãy đặt máy quét nén JPEG, "
        "Group 4 hoặc LZW, hoặc lưu thành PDF rồi gửi lại."
    ),
    "scan.no-pages": "Tệp PDF không có trang nào. Hãy tạo lại tệp rồi gửi.",
    "scan.not-a-file": "Đây không phải là một tệp. Hãy gửi bản quét.",
    "scan.not-a-known-type": "Tệp không phải PDF, TIFF, JPEG hay PNG. Hãy lưu bản quét thành một "
    "trong các loại này.",
    "scan.damaged": f"Tệp bị hỏng, không đọc được. {_SCAN_AGAIN}",
    "scan.page-too-large": "Có trang quá dài. Hãy kiểm tra độ phân giải mà máy quét ghi vào tệp, "
    "rồi quét lại.",
    "scan.page-too-small": "Có trang quá hẹp, không thể là giấy. Hãy kiểm tra độ phân giải mà máy "
    "quét ghi vào tệp, rồi quét lại.",
    "scan.too-costly": f"Tệp tốn quá nhiều công xử lý. {_LOWER_RESOLUTION} Hoặc gửi từng phần, mỗi "
    "giấy một tệp.",
    "scan.too-large": "Tệp quá lớn. Hãy gửi từng phần, mỗi giấy một tệp, hoặc quét ở 200 đến "
    "300 dpi.",
    "scan.too-many-pages": "Tệp có quá nhiều trang. Hãy gửi từng phần, mỗi giấy một tệp.",
    "scan.too-many-pixels": f"Ảnh trong tệp quá lớn. {_LOWER_RESOLUTION}",
    "scan.too-much-memory": f"Tệp cần quá nhiều bộ nhớ để mở. {_SCAN_AGAIN}",
    "scan.too-slow": f"Mở tệp mất quá nhiều thời gian. {_SCAN_AGAIN}",
    "scan.unreadable": "Không đọc được tệp. Hãy kiểm tra tệp còn đó và cho phép đọc, hoặc quét lại "
    "giấy này.",
    "scan.unusable": "Tệp làm chương trình mở nó bị lỗi. Hãy in ra rồi quét bản in, hoặc quét lại "
    "giấy này.",
    "signer.no-name": "Hãy nêu tên cơ quan như sẽ hiện trong dấu ký.",
    "preserve.not-archived": "Giấy này chưa lưu trữ; chỉ nâng mức bảo toàn chữ ký của giấy đã lưu "
    "trữ.",
    "preserve.which": "Hãy nêu các giấy cần làm, hoặc --all; không dùng cả hai.",
    "signer.key-changed": "Cơ quan đã đổi khóa ký từ khi giấy này được yêu cầu ký; chưa ký gì. Hãy "
    "xem lại và yêu cầu ký lần nữa.",
    "scan.not-countersigned": "Giấy đến có chữ ký dùng thuật toán yếu hoặc tệp có thể hiển thị "
    "khác nhau, nên cơ quan không ký bản sao. Hãy đề nghị nơi gửi ký lại, hoặc in ra rồi "
    "quét bản in.",
    "scan.signature-altered": "Tệp đã bị sửa sau khi ký, hoặc chữ ký bị hỏng. Hãy xin lại bản gốc "
    "từ nơi gửi.",
    "page.crashed": "Có trang làm chương trình đọc bị lỗi. Hãy nhập tay, hoặc quét lại trang này.",
    "page.damaged": "Có trang bị hỏng, không đọc được. Hãy quét lại trang này.",
    "page.failed": "Có trang không đọc được. Hãy nhập tay, hoặc quét lại trang này.",
    "page.missing": "Trang này không có trong tệp. Hãy quét lại giấy.",
    "page.out-of-memory": f"Có trang cần quá nhiều bộ nhớ để đọc. {_LOWER_RESOLUTION}",
    "page.too-slow": "Có trang đọc quá lâu. Hãy in ra rồi quét lại.",
    "page.unknown": "Giấy này không có trang đó.",
    "pages.not-parts": "Mỗi trang chỉ thuộc một giấy, và mỗi giấy có ít nhất một trang.",
    "pages.signed": "Tệp này có chữ ký số phủ mọi trang nên không tách được.",
    "reused": "Giấy này đã có trong kho nên được dùng lại.",
    "duplicate.not-alike": "Hai giấy này không giống nhau, hoặc đã được quyết định.",
    "office.key-unusable": "Không dùng được tệp khóa này: sai mật khẩu, đã hết hạn, bị hỏng hoặc "
    "không phải PKCS#12.",
    "pages-split": "Tệp được tách thành nhiều giấy.",
    "pages-merged": "Hai giấy được gộp làm một.",
    "page-replaced": "Một trang được quét lại.",
    "pages-undone": "Lần tách, gộp hoặc thay trang được hoàn tác.",
    "pages.not-beside": "Chỉ gộp được hai giấy của cùng một hồ sơ.",
    "pages.not-one": "Tệp có nhiều trang. Hãy gửi tệp chỉ có trang cần thay.",
    "pages.nothing-to-undo": "Giấy này không có lần tách, gộp hay thay trang nào để hoàn tác.",
    "pages.changed-meanwhile": "Giấy tách ra đã được ký, tách tiếp hoặc chuyển hồ sơ, nên không "
    "hoàn tác được.",
    "pages.not-all": "Hãy nêu mỗi trang đúng một lần, theo số trang trong bản quét.",
    "pages.not-known": "Chưa đếm xong số trang. Hãy thử lại sau ít phút.",
    "pdf.page-box": f"Trang 1 không có khung trang đúng. {_SCAN_AGAIN}",
    "pdf.page-too-small": "Trang 1 quá nhỏ, không đủ chỗ cho dấu ký. Hãy quét lại đúng khổ giấy và "
    "độ phân giải, hoặc nhờ quản trị viên chọn mẫu dấu vừa hơn.",
    "pdf.unreadable": f"Tệp PDF cần ký không đúng cấu trúc. {_SCAN_AGAIN}",
    "pdfa.not-conformant": "Không tạo được PDF/A từ giấy này. Hãy quét lại và lưu thành TIFF hoặc "
    "JPEG.",
    "pdfa.not-passed": f"PDF/A của giấy này không đạt kiểm tra nên chưa được ký. {_SCAN_AGAIN}",
    "paper.no-pdf": "Giấy này chưa có PDF/A.",
    "paper.not-archived": "Giấy này chưa được lưu trữ.",
    "paper.not-read": "Giấy này chưa được đọc xong. Hãy thử lại sau ít phút.",
    "paper.signed-already": "Giấy này đã ký. Giấy đã ký thì không sửa nữa.",
    "paper.unknown": "Không có giấy này.",
    "login.code-needed": "Mật khẩu đúng. Hãy nhập thêm mã 6 số của ứng dụng xác thực.",
    "login.empty": "Hãy nhập mật khẩu.",
    "login.failed": "Tên đăng nhập, mật khẩu hoặc mã không đúng. Hãy thử lại.",
    "login.too-many": "Thử sai quá nhiều lần. Hãy đợi 15 phút rồi thử lại.",
    "invitation.invalid": "Lời mời đã dùng hoặc hết hạn. Hãy xin quản trị viên lời mời mới.",
    "person.bad-login": "Tên đăng nhập gồm 2 đến 40 chữ thường không dấu, số, dấu chấm, gạch nối.",
    "person.no-name": "Hãy ghi họ, chữ đệm, tên.",
    "person.no-role": "Hãy chọn ít nhất một vai trò.",
    "person.oneself": "Không thể tự khóa mình. Hãy nhờ quản trị viên khác.",
    "session.unknown": "Phiên này không còn.",
    "user.login-taken": "Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.",
    "user.unknown": "Không có người dùng này.",
    "web.bad-day": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 30/11/2026.",
    "web.bad-form": "Biểu mẫu không đọc được. Hãy mở lại trang.",
    "value.unknown": "Trên giấy này không có mục đó.",
    "password.too-long": "Mật khẩu dài quá 200 ký tự. Hãy chọn mật khẩu ngắn hơn.",
    "password.too-weak": "Mật khẩu cần ít nhất 10 ký tự, không lặp lại vài ký tự, không chứa tên "
    "đăng nhập.",
    "web.cross-origin": "Yêu cầu đến từ trang khác nên bị chặn. Hãy mở lại trang.",
    "dossier.bad-code": "Mã hồ sơ chỉ gồm chữ, số, dấu chấm và gạch nối, ví dụ "
    "H15.50.05.13-261008-0975. Số định danh cá nhân không phải là mã hồ sơ.",
    "correct.no-reason": "Hãy nêu lý do sửa; lý do được lưu cùng giấy tờ lưu trữ.",
    "correct.not-archived": "Giấy này chưa được lưu trữ. Hãy sửa khi duyệt.",
    "correct.nothing": "Các giá trị này đã đúng như trong giấy tờ lưu trữ.",
    "dossier.no-records": "Hồ sơ này chưa có giấy nào được lưu trữ.",
    "dossier.closed": "Hồ sơ đã đóng, không nhận thêm giấy. Hãy dùng hồ sơ khác.",
    "dossier.has-it-already": "Trong hồ sơ đã có giấy này.",
    "dossier.unfinished": "Hồ sơ còn giấy chưa xong hoặc còn thiếu. Hãy xem danh sách rồi xác nhận "
    "đóng hồ sơ.",
    "dossier-reopened": "Hồ sơ được mở lại.",
    "dossier.unknown": "Không có hồ sơ này. Giấy đầu tiên gửi vào sẽ tạo ra nó.",
    "dossier.unknown-kind": "Loại giấy này không có trong danh mục.",
    "review.accept": "Sửa giá trị thì phải thêm --accept.",
    "review.bad-field": "Tên mục viết dạng vai.mục, ví dụ mother.citizen_id hoặc paper.number.",
    "review.bad-value": "Giá trị không đúng cách viết: số định danh cá nhân 12 chữ số, CMND 9 chữ "
    "số, ngày viết ngày/tháng/năm; không có ký tự ẩn (hãy gõ lại).",
    "review.changed-meanwhile": "Có người vừa sửa giấy này. Hãy mở lại để xem.",
    "review.doubtful": "Giấy này có chỗ cần người kiểm tra.",
    "review.not-in-review": "Giấy này không còn chờ kiểm tra.",
    "review.incomplete": "Giấy này còn chỗ phải kiểm tra. Hãy nhập giá trị, hoặc chọn "
    "“Không có trên giấy”.",
    "review.nothing-to-undo": "Không còn thao tác nào để hoàn tác trên giấy này.",
    "review.value-needed": "Hãy nhập giá trị, hoặc chọn “Không có trên giấy”.",
    "review-undone": "Một thao tác kiểm tra được hoàn tác.",
    "value-settled": "Một giá trị được kiểm tra.",
    "value-absent": "Một giá trị được xác nhận không có trên giấy.",
    "send-back.not-described": "Chỉ trả lại được giấy đang chờ ký.",
    "sign.changed-meanwhile": "Giấy đã thay đổi sau khi được xem. Hãy mở lại để xem rồi mới ký.",
    "verify.too-many": "Máy này đã gửi quá nhiều tệp. Hãy đợi 15 phút rồi thử lại.",
    "verify.busy": "Đang kiểm tra tệp của người khác. Hãy thử lại sau ít giây.",
    "verify.not-a-pdf": "Đây không phải là tệp PDF.",
    "verify.too-large": "Tệp lớn hơn 20 MB. Hãy chọn tệp nhỏ hơn.",
    "verify.too-slow": "Không kiểm tra xong trong 10 giây, nên chưa xác định được. Hãy mang tệp "
    "đến Bộ phận Một cửa.",
    "sign.nothing-seen": "Chưa có giấy nào đã xem đủ trang. Hãy xem hết các trang rồi mới ký.",
    "batch.unknown": "Không có lô ký này.",
    "sign.not-described": "Chỉ ký được giấy đang chờ ký.",
    "sign.which": "Hãy nêu các giấy cần ký, hoặc dùng --all; không dùng cả hai.",
    "state.move-not-allowed": "Không làm được việc này ở bước hiện tại của giấy. Giấy đã bị từ "
    "chối thì gửi lại bản quét như một giấy mới.",
    "cursor.invalid": "Vị trí đọc tiếp không hợp lệ. Hãy đọc lại từ đầu.",
    "find.bad-number": "Số định danh cá nhân có 12 chữ số, ba số đầu là mã nơi đăng ký; số CMND "
    "có 9 chữ số.",
    "find.look-up-first": "Hãy tra cứu giấy này trước và nêu mục đích, rồi mở từ kết quả tra cứu.",
    "find.too-many-misses": "Đã tra cứu quá nhiều số không có trong kho. Hãy đợi một giờ, hoặc tìm "
    "theo họ tên hay mã hồ sơ.",
    "find.no-purpose": "Hãy nêu mục đích: mã hồ sơ, hoặc ít nhất 10 chữ; mục đích được ghi lại.",
    "find.which": "Hãy chọn một cách tra cứu: --citizen-id, --text hoặc --dossier.",
    "export.which": "Hãy nêu giấy và thư mục, hoặc --dossier với mã hồ sơ và thư mục.",
    "fixity.which": "Hãy chọn --all hoặc --sample N.",
    "export.bad-identifier": "Không dùng được mã của giấy tờ lưu trữ này làm tên thư mục.",
    "export.exists": "Nơi xuất ra đã có hồ sơ này với nội dung khác. Hãy chuyển nó đi, hoặc xuất "
    "ra nơi khác.",
    "export.not-a-folder": "Nơi xuất ra là một tệp. Hãy chọn một thư mục.",
    "ingest.no-such-path": "Không có tệp hay thư mục đã nêu. Hãy kiểm tra lại tên.",
    "ingest.nothing-there": "Trong thư mục đã nêu không có tệp nào.",
    "intake.accept-not-allowed": "Chỉ dữ liệu thử nghiệm mới được bỏ qua bước xem lại.",
    "office.bad-code": "Mã cơ quan chỉ gồm A-Z, 0-9 và dấu chấm, ví dụ H15.50.05.13.",
    "office.unknown": "Không có cơ quan này.",
    "office.no-name": "Hãy ghi tên cơ quan.",
    "office.not-below": "Mã của cơ quan cấp dưới bắt đầu bằng mã của cơ quan cấp trên.",
    "office.bad-stamp": "Dấu ký chỉ là SAO Y, SAO LỤC, TRÍCH SAO hoặc không có.",
    "signer.too-large": "Tệp quá lớn, không phải tệp khóa PKCS#12.",
    "http.invalid-request": "Có mục không đúng cách viết. Hãy xem lại các mục đã nhập rồi gửi lại.",
    "reason.empty": "Hãy nêu lý do.",
    "reason.too-long": "Lý do quá dài; tối đa 300 ký tự.",
    "right.missing": "Tài khoản này không được làm việc đó. Hãy hỏi quản trị viên.",
    "moved": "Giấy được chuyển sang hồ sơ khác.",
    "pages-arranged": "Các trang được sắp xếp lại.",
    "scanned-again": "Giấy được quét lại.",
    "sent-back": "Người ký trả lại giấy này.",
    "sign-requested": "Có người yêu cầu ký giấy này.",
    "withdrawn": "Giấy được rút khỏi hồ sơ.",
}
_TRIED_AGAIN = f"{_NOT_LOST}, máy sẽ tự thử lại."
_REPORT = f"{_NOT_LOST}; hãy báo quản trị viên."
# The first word of a code, where all its codes mean the same to a clerk: what happened, and what
# becomes of a paper that waits for it.
_FAMILIES = {
    "catalogue": ("Sổ tra cứu đang bận hoặc chưa trả lời.", _TRIED_AGAIN),
    "database": ("Cơ sở dữ liệu đang bận hoặc chưa trả lời.", _TRIED_AGAIN),
    "disk": ("Ổ đĩa hết chỗ hoặc không cho ghi.", _REPORT),
    "store": ("Kho lưu chưa nhận được.", _TRIED_AGAIN),
    "tsa": ("Dịch vụ cấp dấu thời gian chưa trả lời.", f"{_NOT_LOST}, máy sẽ tự ký lại."),
    "signer": ("Chưa ký được: khóa ký hoặc chứng thư chữ ký số cần xem lại.", _REPORT),
    "revocation": ("Chưa hỏi được tình trạng thu hồi của chứng thư.", _TRIED_AGAIN),
    "set-aside": ("Máy đã thử nhiều lần mà không được.", _REPORT),
}
_NOT_DONE = (
    "Việc vừa yêu cầu chưa làm được. Hãy thử lại sau ít phút; nếu vẫn vậy, hãy báo quản trị viên."
)
# Why a value or a paper is doubtful; before a colon, what the doubt is about follows.
_DOUBTS = {
    "missing": "Chưa thấy",
    "unread": "Chưa đọc được",
    "page.unread": "Không đọc được trang",
    "attachments.not-on-pages": "Tệp kèm theo không nằm trên trang nào, hãy xem và gửi riêng",
    "page.few-words": "Trang có mực mà đọc được ít chữ, hãy xem lại hoặc quét lại trang",
    "page.incomplete": "Ảnh có thể thiếu một phần, hãy xem lại hoặc quét lại trang",
    "signatures.doubtful": "Chữ ký số có sẵn trong tệp chưa chắc chắn, hãy xem báo cáo",
    "kind.unknown": "Chưa biết đây là loại giấy gì",
    "kind.by-number": "Loại giấy mới đoán theo số, ký hiệu",
    "role.guessed": "Vai trò của người này mới là phỏng đoán",
    "role.unknown": "Chưa rõ người này có vai trò gì",
    "citizen_id.birth-mismatch": "Số định danh cá nhân không khớp năm sinh",
    "citizen_id.sex-mismatch": "Số định danh cá nhân không khớp giới tính",
    "citizen_id.near-another": "Số gần giống số của người khác",
    "citizen_id.of-two-people": "Hai người mang cùng một số",
    "name.tones": "Họ trong tên có thể sai dấu",
    "name.number-differs": "Số định danh cá nhân có thể là của người khác tên",
    "name.cut": "Tên có thể bị cắt",
    "birth.words-differ": "Ngày sinh bằng số khác ngày sinh bằng chữ",
    "birth.number-differs": "Năm sinh không khớp số định danh cá nhân",
}
# The last word of a doubt, whatever it is about.
_DOUBTS_OF_ALL = {
    "conflict": "Trên giấy ghi hai cách khác nhau",
    "low-confidence": "Đọc không rõ",
    "loose-digits": "Các chữ số cách rời nhau",
    "read-once": "Chưa có lần đọc thứ hai xác nhận",
    "readings-differ": "Hai lần đọc khác nhau",
    "repaired": "Có chữ số đã đoán lại",
    "unlabelled": "Không có nhãn đứng trước",
}


def sentence(code: str, fault: str = "") -> str:
    """Why a paper waits or was rejected, in Vietnamese; empty for an empty code.

    Args:
        code: of the paper.
        fault: who must act, as a row keeps it (``dossier.errors``).
    """
    if not code:
        return ""
    if fault == IntegrityViolation.fault:
        return _ALARM
    return SENTENCES.get(code) or " ".join(_FAMILIES.get(code.partition(".")[0], (_TROUBLE,)))


def refusal(code: str, fault: str = "") -> str:
    """Why a request failed, in Vietnamese; empty for codes that no clerk meets.

    Unlike a step of a waiting paper, a failed request is not retried.

    Args:
        code: of the error.
        fault: who must act (``dossier.errors``).
    """
    if code in SENTENCES or fault == IntegrityViolation.fault:
        return sentence(code, fault)
    known = _FAMILIES.get(code.partition(".")[0])
    return "" if known is None else f"{known[0]} {_NOT_DONE}"


def both(error: SohoaError) -> str:
    """An error as somebody at the command line reads it: Vietnamese, code, English."""
    english = f"{error.code}: {error.message}"
    known = error.code in SENTENCES or isinstance(error, IntegrityViolation)
    return f"{sentence(error.code, error.fault)} / {english}" if known else english


def doubt(code: str) -> str:
    """Why a value or a paper is doubtful, such as ``name.cut`` or ``missing:child.name``."""
    why, _, what = code.partition(":")
    said = _DOUBTS.get(why) or _DOUBTS_OF_ALL.get(why.rpartition(".")[2], "Cần kiểm tra")
    about = labels.field(what) if "." in what else what
    return f"{said} {about}".strip() if code else ""


def doubt_and_code(code: str) -> str:
    """A doubt in words, with its code; empty where there is none."""
    return f"{doubt(code)} ({code})" if code else ""
