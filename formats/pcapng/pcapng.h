/* SPDX-License-Identifier: MIT */
/*
 * Captured packets: the files of Wireshark and dumpcap, pcapng.
 *
 * draft-ietf-opsawg-pcapng (PCAP Next Generation Capture File Format), sections 3 and 4. Names of
 * members and options: the specification's, in lower case and with underscores. Link types: the
 * registry at https://www.tcpdump.org/linktypes.html. A section is in the byte order of who wrote
 * it, which shows in its byte-order magic.
 */
#ifndef PRETTIFY_FORMATS_PCAPNG_H
#define PRETTIFY_FORMATS_PCAPNG_H

typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;

enum pcapng_block_type {
	INTERFACE_DESCRIPTION_BLOCK = 0x1,
	PACKET_BLOCK = 0x2, /* obsolete */
	SIMPLE_PACKET_BLOCK = 0x3,
	NAME_RESOLUTION_BLOCK = 0x4,
	INTERFACE_STATISTICS_BLOCK = 0x5,
	ENHANCED_PACKET_BLOCK = 0x6,
	SYSTEMD_JOURNAL_EXPORT_BLOCK = 0x9,
	DECRYPTION_SECRETS_BLOCK = 0xa,
	CUSTOM_BLOCK = 0xbad,
	CUSTOM_BLOCK_NOT_COPIED = 0x40000bad,
	SECTION_HEADER_BLOCK = 0x0a0d0d0a,
};

/*
 * How packets of an interface begin. The last name is no link type: it makes the enum as wide as
 * the member is.
 */

enum linktype {
	LINKTYPE_NULL = 0,
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_EXP_ETHERNET = 2,
	LINKTYPE_AX25 = 3,
	LINKTYPE_PRONET = 4,
	LINKTYPE_CHAOS = 5,
	LINKTYPE_IEEE802_5 = 6,
	LINKTYPE_ARCNET_BSD = 7,
	LINKTYPE_SLIP = 8,
	LINKTYPE_PPP = 9,
	LINKTYPE_FDDI = 10,
	LINKTYPE_PPP_HDLC = 50,
	LINKTYPE_PPP_ETHER = 51,
	LINKTYPE_ATM_RFC1483 = 100,
	LINKTYPE_RAW = 101,
	LINKTYPE_C_HDLC = 104,
	LINKTYPE_IEEE802_11 = 105,
	LINKTYPE_FRELAY = 107,
	LINKTYPE_LOOP = 108,
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_LTALK = 114,
	LINKTYPE_PFLOG = 117,
	LINKTYPE_IEEE802_11_PRISM = 119,
	LINKTYPE_IP_OVER_FC = 122,
	LINKTYPE_SUNATM = 123,
	LINKTYPE_IEEE802_11_RADIOTAP = 127,
	LINKTYPE_ARCNET_LINUX = 129,
	LINKTYPE_APPLE_IP_OVER_IEEE1394 = 138,
	LINKTYPE_MTP2_WITH_PHDR = 139,
	LINKTYPE_MTP2 = 140,
	LINKTYPE_MTP3 = 141,
	LINKTYPE_SCCP = 142,
	LINKTYPE_DOCSIS = 143,
	LINKTYPE_LINUX_IRDA = 144,
	LINKTYPE_USER0 = 147,
	LINKTYPE_USER1 = 148,
	LINKTYPE_USER2 = 149,
	LINKTYPE_USER3 = 150,
	LINKTYPE_USER4 = 151,
	LINKTYPE_USER5 = 152,
	LINKTYPE_USER6 = 153,
	LINKTYPE_USER7 = 154,
	LINKTYPE_USER8 = 155,
	LINKTYPE_USER9 = 156,
	LINKTYPE_USER10 = 157,
	LINKTYPE_USER11 = 158,
	LINKTYPE_USER12 = 159,
	LINKTYPE_USER13 = 160,
	LINKTYPE_USER14 = 161,
	LINKTYPE_USER15 = 162,
	LINKTYPE_IEEE802_11_AVS = 163,
	LINKTYPE_BACNET_MS_TP = 165,
	LINKTYPE_PPP_PPPD = 166,
	LINKTYPE_GPRS_LLC = 169,
	LINKTYPE_GPF_T = 170,
	LINKTYPE_GPF_F = 171,
	LINKTYPE_LINUX_LAPD = 177,
	LINKTYPE_MFR = 182,
	LINKTYPE_BLUETOOTH_HCI_H4 = 187,
	LINKTYPE_USB_LINUX = 189,
	LINKTYPE_PPI = 192,
	LINKTYPE_IEEE802_15_4_WITHFCS = 195,
	LINKTYPE_SITA = 196,
	LINKTYPE_ERF = 197,
	LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR = 201,
	LINKTYPE_AX25_KISS = 202,
	LINKTYPE_LAPD = 203,
	LINKTYPE_PPP_WITH_DIR = 204,
	LINKTYPE_C_HDLC_WITH_DIR = 205,
	LINKTYPE_FRELAY_WITH_DIR = 206,
	LINKTYPE_LAPB_WITH_DIR = 207,
	LINKTYPE_IPMB_LINUX = 209,
	LINKTYPE_FLEXRAY = 210,
	LINKTYPE_LIN = 212,
	LINKTYPE_IEEE802_15_4_NONASK_PHY = 215,
	LINKTYPE_USB_LINUX_MMAPPED = 220,
	LINKTYPE_FC_2 = 224,
	LINKTYPE_FC_2_WITH_FRAME_DELIMS = 225,
	LINKTYPE_IPNET = 226,
	LINKTYPE_CAN_SOCKETCAN = 227,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_IEEE802_15_4_NOFCS = 230,
	LINKTYPE_DBUS = 231,
	LINKTYPE_DVB_CI = 235,
	LINKTYPE_MUX27010 = 236,
	LINKTYPE_STANAG_5066_D_PDU = 237,
	LINKTYPE_NFLOG = 239,
	LINKTYPE_NETANALYZER = 240,
	LINKTYPE_NETANALYZER_TRANSPARENT = 241,
	LINKTYPE_IPOIB = 242,
	LINKTYPE_MPEG_2_TS = 243,
	LINKTYPE_NG40 = 244,
	LINKTYPE_NFC_LLCP = 245,
	LINKTYPE_INFINIBAND = 247,
	LINKTYPE_SCTP = 248,
	LINKTYPE_USBPCAP = 249,
	LINKTYPE_RTAC_SERIAL = 250,
	LINKTYPE_BLUETOOTH_LE_LL = 251,
	LINKTYPE_WIRESHARK_UPPER_PDU = 252,
	LINKTYPE_NETLINK = 253,
	LINKTYPE_BLUETOOTH_LINUX_MONITOR = 254,
	LINKTYPE_BLUETOOTH_BREDR_BB = 255,
	LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR = 256,
	LINKTYPE_PROFIBUS_DL = 257,
	LINKTYPE_PKTAP = 258,
	LINKTYPE_EPON = 259,
	LINKTYPE_IPMI_HPM_2 = 260,
	LINKTYPE_ZWAVE_R1_R2 = 261,
	LINKTYPE_ZWAVE_R3 = 262,
	LINKTYPE_WATTSTOPPER_DLM = 263,
	LINKTYPE_ISO_14443 = 264,
	LINKTYPE_RDS = 265,
	LINKTYPE_USB_DARWIN = 266,
	LINKTYPE_OPENFLOW = 267,
	LINKTYPE_SDLC = 268,
	LINKTYPE_TI_LLN_SNIFFER = 269,
	LINKTYPE_LORATAP = 270,
	LINKTYPE_VSOCK = 271,
	LINKTYPE_NORDIC_BLE = 272,
	LINKTYPE_DOCSIS31_XRA31 = 273,
	LINKTYPE_ETHERNET_MPACKET = 274,
	LINKTYPE_DISPLAYPORT_AUX = 275,
	LINKTYPE_LINUX_SLL2 = 276,
	LINKTYPE_SERCOS_MONITOR = 277,
	LINKTYPE_OPENVIZSLA = 278,
	LINKTYPE_EBHSCR = 279,
	LINKTYPE_VPP_DISPATCH = 280,
	LINKTYPE_DSA_TAG_BRCM = 281,
	LINKTYPE_DSA_TAG_BRCM_PREPEND = 282,
	LINKTYPE_IEEE802_15_4_TAP = 283,
	LINKTYPE_DSA_TAG_DSA = 284,
	LINKTYPE_DSA_TAG_EDSA = 285,
	LINKTYPE_ELEE = 286,
	LINKTYPE_Z_WAVE_SERIAL = 287,
	LINKTYPE_USB_2_0 = 288,
	LINKTYPE_ATSC_ALP = 289,
	LINKTYPE_ETW = 290,
	LINKTYPE_16_BITS = 0xffff,
} __attribute__((packed));

/* Every block begins so, and ends with its total length once more. Each is padded to 4 bytes. */

struct pcapng_block {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
};

struct pcapng_section_header {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u32 byte_order_magic;
	__u16 major_version;
	__u16 minor_version;
	__s64 section_length; /* bytes, without this block; -1: unknown */
};

struct pcapng_interface_description {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	enum linktype link_type;
	__u16 reserved;
	__u32 snap_len;
};

/* The time is timestamp_high << 32 | timestamp_low, in units of the interface's if_tsresol. */

struct pcapng_enhanced_packet {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u32 interface_id;
	__u32 timestamp_high;
	__u32 timestamp_low;
	__u32 captured_packet_length;
	__u32 original_packet_length;
	__u8 packet_data[];
};

struct pcapng_packet {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u16 interface_id;
	__u16 drops_count;
	__u32 timestamp_high;
	__u32 timestamp_low;
	__u32 captured_packet_length;
	__u32 original_packet_length;
	__u8 packet_data[];
};

/* Its captured length is original_packet_length, or the interface's snap_len if that is less. */

struct pcapng_simple_packet {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u32 original_packet_length;
	__u8 packet_data[];
};

struct pcapng_name_resolution {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
};

struct pcapng_interface_statistics {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u32 interface_id;
	__u32 timestamp_high;
	__u32 timestamp_low;
};

enum pcapng_secrets_type {
	SSH_KEY_LOG = 0x5353484b,
	TLS_KEY_LOG = 0x544c534b,
	OPC_UA_KEY_LOG = 0x55414b4c,
	WIREGUARD_KEY_LOG = 0x57474b4c,
	ZIGBEE_APS_KEY = 0x5a415053,
	ZIGBEE_NWK_KEY = 0x5a4e574b,
};

struct pcapng_decryption_secrets {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	enum pcapng_secrets_type secrets_type;
	__u32 secrets_length;
	char secrets_data[];
};

struct pcapng_custom {
	enum pcapng_block_type block_type;
	__u32 block_total_length;
	__u32 private_enterprise_number;
	__u8 custom_data[];
};

/* The records of a name resolution block, up to one of type nrb_record_end. */

enum pcapng_record_type {
	nrb_record_end = 0,
	nrb_record_ipv4 = 1,
	nrb_record_ipv6 = 2,
	nrb_record_eui48 = 3,
	nrb_record_eui64 = 4,
	/* No type: it makes the enum as wide as the member is. */
	nrb_record_16_bits = 0xffff,
} __attribute__((packed));

struct pcapng_name_record {
	enum pcapng_record_type record_type;
	__u16 record_value_length;
};

/* One name is shown, the first; there may be more behind it. */

struct pcapng_ipv4_record {
	enum pcapng_record_type record_type;
	__u16 record_value_length;
	__u8 address[4];
	char name[];
};

struct pcapng_ipv6_record {
	enum pcapng_record_type record_type;
	__u16 record_value_length;
	__u8 address[16];
	char name[];
};

struct pcapng_eui48_record {
	enum pcapng_record_type record_type;
	__u16 record_value_length;
	__u8 address[6];
	char name[];
};

struct pcapng_eui64_record {
	enum pcapng_record_type record_type;
	__u16 record_value_length;
	__u8 address[8];
	char name[];
};

/*
 * Options, behind what a block has, up to one of code opt_endofopt. What a code means depends on
 * the block. Each enum's last name is no code: it makes the enum as wide as the member is.
 */

#define COMMON_OPTIONS(PREFIX)                                                    \
	PREFIX##_endofopt = 0, PREFIX##_comment = 1

#define CUSTOM_OPTIONS(PREFIX)                                                    \
	PREFIX##_custom_text = 2988, PREFIX##_custom_bytes = 2989,                \
	PREFIX##_custom_text_not_copied = 19372,                                  \
	PREFIX##_custom_bytes_not_copied = 19373, PREFIX##_16_bits = 0xffff

enum pcapng_option_code {
	COMMON_OPTIONS(opt),
	CUSTOM_OPTIONS(opt),
} __attribute__((packed));

enum pcapng_section_option_code {
	COMMON_OPTIONS(shb),
	shb_hardware = 2,
	shb_os = 3,
	shb_userappl = 4,
	CUSTOM_OPTIONS(shb),
} __attribute__((packed));

enum pcapng_interface_option_code {
	COMMON_OPTIONS(if),
	if_name = 2,
	if_description = 3,
	if_IPv4addr = 4,
	if_IPv6addr = 5,
	if_MACaddr = 6,
	if_EUIaddr = 7,
	if_speed = 8,
	if_tsresol = 9,
	if_tzone = 10,
	if_filter = 11,
	if_os = 12,
	if_fcslen = 13,
	if_tsoffset = 14,
	if_hardware = 15,
	if_txspeed = 16,
	if_rxspeed = 17,
	if_iana_tzname = 18,
	CUSTOM_OPTIONS(if),
} __attribute__((packed));

enum pcapng_packet_option_code {
	COMMON_OPTIONS(epb),
	epb_flags = 2,
	epb_hash = 3,
	epb_dropcount = 4,
	epb_packetid = 5,
	epb_queue = 6,
	epb_verdict = 7,
	epb_processid_threadid = 8,
	CUSTOM_OPTIONS(epb),
} __attribute__((packed));

enum pcapng_statistics_option_code {
	COMMON_OPTIONS(isb),
	isb_starttime = 2,
	isb_endtime = 3,
	isb_ifrecv = 4,
	isb_ifdrop = 5,
	isb_filteraccept = 6,
	isb_osdrop = 7,
	isb_usrdeliv = 8,
	CUSTOM_OPTIONS(isb),
} __attribute__((packed));

/* Numbers in options lie at multiples of 4 only. */
typedef __u64 pcapng_u64 __attribute__((aligned(4)));
typedef __s64 pcapng_s64 __attribute__((aligned(4)));

/* By what is in an option: nothing is known of it, text, or numbers. */

#define OPTION(NAME, CODE, VALUE)                                                 \
	struct NAME {                                                             \
		enum CODE option_code;                                            \
		__u16 option_length;                                              \
		VALUE;                                                            \
	}

struct pcapng_option {
	enum pcapng_option_code option_code;
	__u16 option_length;
};

OPTION(pcapng_option_text, pcapng_option_code, char option_value[]);
OPTION(pcapng_option_bytes, pcapng_option_code, __u8 option_value[]);

OPTION(pcapng_section_option_text, pcapng_section_option_code, char option_value[]);

OPTION(pcapng_interface_option_text, pcapng_interface_option_code, char option_value[]);
OPTION(pcapng_interface_option_bytes, pcapng_interface_option_code, __u8 option_value[]);
OPTION(pcapng_interface_option_u32, pcapng_interface_option_code, __u32 option_value[]);
OPTION(pcapng_interface_option_u64, pcapng_interface_option_code, pcapng_u64 option_value[]);
OPTION(pcapng_interface_option_s64, pcapng_interface_option_code, pcapng_s64 option_value[]);

OPTION(pcapng_packet_option_bytes, pcapng_packet_option_code, __u8 option_value[]);
OPTION(pcapng_packet_option_u32, pcapng_packet_option_code, __u32 option_value[]);
OPTION(pcapng_packet_option_u64, pcapng_packet_option_code, pcapng_u64 option_value[]);

OPTION(pcapng_statistics_option_u64, pcapng_statistics_option_code, pcapng_u64 option_value[]);

/* A time in two halves, the high one first. */
OPTION(pcapng_statistics_option_time, pcapng_statistics_option_code, __u32 option_value[]);

#endif
