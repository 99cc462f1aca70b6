//! The fixed texts of the pages in both languages. A text that is missing in one of them does not
//! compile. Sentences that depend on what happened are made in `phrase.rs`.

use crate::config::Language;

macro_rules! words {
    ($($name:ident: $id:literal, $en:literal;)*) => {
        /// Every fixed text of the pages, in one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)*
        }
        static INDONESIAN: Words = Words { $($name: $id,)* };
        static ENGLISH: Words = Words { $($name: $en,)* };
    };
}

words! {
    skip: "Langsung ke isi", "Skip to content";
    you_are_here: "Anda di sini", "You are here";
    tools: "Bahasa dan akun", "Language and account";
    as_of: "per", "as of";
    stale: "Tidak dapat memperbarui halaman ini. Yang tampak adalah keadaan terakhir yang diketahui.",
        "This page cannot be updated. What you see is the last known state.";
    sign_in: "Masuk", "Sign in";
    sign_in_title: "Masuk ke Siaga", "Sign in to Siaga";
    sign_in_lead: "Untuk petugas. Papan umum kantor dapat dilihat tanpa masuk.",
        "For staff. An office's public board needs no sign-in.";
    sign_out: "Keluar", "Sign out";
    user_name: "Nama pengguna", "User name";
    password: "Kata sandi", "Password";
    sign_in_failed: "Nama pengguna atau kata sandi salah.", "Wrong user name or password.";
    sign_in_limited: "Terlalu banyak percobaan. Coba lagi beberapa menit lagi.",
        "Too many attempts. Try again in a few minutes.";
    form_expired: "Formulir sudah kedaluwarsa. Muat ulang halaman dan coba lagi.",
        "The form has expired. Reload the page and try again.";
    office: "Kantor", "Office";
    offices: "Kantor", "Offices";
    tally: "Ringkasan", "Summary";
    no_offices: "Belum ada kantor dalam konfigurasi.", "The configuration names no office yet.";
    parked: "Pesan yang tidak terkirim", "Messages that could not be sent";
    parked_caption: "Sudah dicoba berulang kali atau ditolak oleh layanan pengirim; tidak akan dicoba lagi.",
        "Tried repeatedly, or refused by the channel; not tried again.";
    when: "Waktu", "When";
    to_whom: "Kepada", "To";
    channel: "Saluran", "Channel";
    message: "Pesan", "Message";
    attempts: "Percobaan", "Attempts";
    why_not_sent: "Sebab", "Reason";
    recent: "Gangguan terakhir", "Recent outages";
    recent_caption: "Terbaru di atas. Terganggu = lamanya di dalam jam layanan.",
        "Newest first. Downtime = time inside service hours.";
    no_recent: "Belum ada gangguan yang tercatat.", "No outage has been recorded.";
    began: "Mulai", "Began";
    ended: "Selesai", "Ended";
    lasted: "Lama", "Lasted";
    downtime: "Terganggu", "Downtime";
    cause: "Penyebab", "Cause";
    who: "Ditangani", "Handled by";
    since: "Sejak", "Since";
    stations: "PC", "Stations";
    station: "PC", "Station";
    stations_caption: "PC di", "Stations of";
    state: "Keadaan", "State";
    heard: "Kabar terakhir", "Last heard";
    ups: "UPS", "UPS";
    link: "Jaringan", "Link";
    trouble: "Perhatian", "Attention";
    backlog: "menyusul", "catching up";
    backlog_hint: "Catatan lama dari PC ini masih dikirim", "Older rows of this station are still to come";
    thirty_days: "30 hari", "30 days";
    by_cause: "Waktu terganggu menurut penyebab, 30 hari", "Downtime by cause, 30 days";
    nobody_yet: "Belum ada yang menangani", "Nobody is on it yet";
    no_estimate: "Belum ada perkiraan pulih", "No estimated return yet";
    note: "Catatan", "Note";
    note_optional: "Catatan (boleh kosong)", "Note (optional)";
    acknowledge: "Saya tangani", "I am on it";
    take_over: "Ambil alih", "Take over";
    estimate_back: "Perkiraan pulih", "Expected back";
    min: "mnt", "min";
    hour: "jam", "h";
    save: "Simpan", "Save";
    details: "Rincian", "Details";
    why_title: "Penyebab dan buktinya", "Causes and their evidence";
    timeline: "Garis waktu", "Timeline";
    timeline_caption: "Setiap detik gangguan dibebankan ke satu penyebab; penyebab lain yang terlihat ikut tercatat.",
        "Every down second is charged to one cause; other causes that were seen are recorded beside it.";
    from: "Dari", "From";
    to: "Sampai", "To";
    counted_as: "Dihitung", "Counted";
    log: "Catatan kejadian", "Log";
    write_note: "Tulis catatan", "Write a note";
    corrections: "Koreksi", "Corrections";
    no_corrections: "Belum ada koreksi: catatan ini masih seperti semula.", "No corrections: this entry is as first recorded.";
    evidence: "Bukti:", "Evidence:";
    number: "Nomor", "Number";
    days_caption: "Tiap kolom satu hari layanan: tinggi penuh = seluruh jam layanan.",
        "One column is one day: full height = all its service hours.";
    as_table: "Lihat sebagai tabel", "Show as a table";
    days_table_caption: "Jam layanan per hari dan ke mana perginya", "Service hours of each day and where they went";
    day: "Hari", "Day";
    service_hours: "Jam layanan", "Service hours";
    in_service: "Melayani", "In service";
    planned: "Terencana", "Planned";
    unobserved: "Tidak teramati", "Unobserved";
    availability: "Ketersediaan", "Availability";
    role_viewer: "pembaca", "viewer";
    role_operator: "petugas", "operator";
    role_admin: "pengelola", "admin";
    role_supervisor: "penanggung jawab", "supervisor";
    probes: "Pengukuran", "Probes";
    probes_caption: "Jawaban terakhir tiap pengukuran", "The newest answer of each probe";
    probe: "Pengukuran", "Probe";
    answer: "Jawaban", "Answer";
    numbers: "Angka", "Numbers";
    plan_title: "Pekerjaan terencana", "Planned work";
    plan_scope: "Cakupan", "Scope";
    plan_limit: "kosong = 8 jam", "empty = 8 hours";
    plan_save: "Catat pekerjaan", "Record planned work";
    scope_office: "Seluruh kantor ini", "This whole office";
    scope_line: "Jaringan penyedia", "The provider's line";
    scope_mains: "Listrik", "Mains power";
    scope_center: "Pusat data", "The data center";
    reason: "Alasan", "Reason";
    account: "Rekapitulasi", "Account";
    account_caption: "Ke mana jam layanan pergi; jumlahnya selalu tepat sampai detik.", "Where the service hours went; the terms add up to the second.";
    whole_month: "Rekapitulasi lengkap", "The whole account";
    issued: "Resmi", "Issued";
    proposed: "Usulan", "Proposed";
    proposal_title: "Usulan koreksi", "Proposed correction";
    proposal_text: "Bukti yang datang setelah bulan ditutup mengubah angka ini. Angka resmi tidak bergeser sebelum seseorang menerimanya.",
        "Evidence that came after closing changes these figures. Issued figures do not move until a person accepts.";
    accept: "Terima", "Accept";
    refuse: "Tolak", "Refuse";
    close_title: "Tutup bulan", "Close the month";
    close_text: "Angka menjadi resmi dan tidak bergeser lagi, kecuali koreksi yang diterima.", "The figures are issued and do not move again, but for corrections that are accepted.";
    close_button: "Tutup bulan ini", "Close this month";
    hours_title: "Menurut jam", "By hour";
    weekdays_title: "Menurut hari", "By weekday";
    slots_caption: "Waktu setempat kantor", "In the office's local time";
    hour_of_day: "Jam", "Hour";
    pcs_title: "Menurut PC", "By station";
    pcs_caption: "Selama jam layanan; satu PC yang melayani sudah cukup bila kantor tidak memerlukan lebih", "During service hours; one PC that serves is enough unless the office needs more";
    could_serve: "Dapat melayani", "Could serve";
    could_not: "Tak dapat melayani", "Could not serve";
    amend_title: "Koreksi petugas", "Correct it";
    amend_planned: "Sebenarnya pekerjaan terencana", "It was planned work";
    amend_save: "Simpan koreksi", "Save the correction";
    public_board: "Papan umum kantor ini", "This office's public board";
    updated: "Diperbarui", "Updated";
    to_start: "Ke halaman utama", "To the start page";
    not_found: "Tidak ditemukan", "Not found";
    not_found_text: "Alamat ini tidak ada.", "There is nothing at this address.";
    not_allowed: "Tidak diizinkan", "Not allowed";
    not_taken: "Tidak dapat disimpan", "Not saved";
    failed: "Ada kesalahan di server Siaga", "The collector failed";
    failed_text: "Coba lagi sebentar. Rinciannya ada di log server.", "Try again shortly. The collector's log has the details.";
    board_running: "Layanan berjalan", "Service is running";
    board_down: "Gangguan", "Service interrupted";
    board_closed: "Tutup", "Closed";
    board_checking: "Sedang diperiksa", "Being checked";
    board_running_reason: "Perekaman KTP-el dan layanan yang memerlukan pusat data berjalan.",
        "ID-card recording and services that need the data center are running.";
    board_checking_reason: "Keadaan layanan belum diketahui. Silakan tanyakan kepada petugas.",
        "The state of service is not known yet. Please ask the staff.";
    board_down_hint: "Layanan yang memerlukan pusat data berhenti untuk sementara. Mohon maaf atas ketidaknyamanannya.",
        "Services that need the data center have stopped for now. We apologise for the inconvenience.";
    board_since: "Sejak", "Since";
    board_estimate: "Perkiraan kembali", "Expected back";
    board_no_estimate: "Belum ada perkiraan", "No estimate yet";
    board_hours: "Jam layanan hari ini", "Service hours today";
    board_no_hours: "Tidak ada layanan hari ini", "No service today";
    board_by_staff: "menurut petugas", "according to the staff";
    board_overdue: "lewat dari perkiraan; petugas masih bekerja", "later than expected; the staff are still working on it";
}

impl Words {
    /// The texts of that language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::Indonesian => &INDONESIAN,
            Language::English => &ENGLISH,
        }
    }
}
