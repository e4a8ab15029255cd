/* What a map of connections holds: 16 bytes of key, 80 of value. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

enum flow_state {
	FLOW_NEW,
	FLOW_ESTABLISHED,
	FLOW_CLOSING,
};

struct flow_key {
	u32 saddr;
	u32 daddr;
	u16 sport;
	u16 dport;
	u32 ifindex;
};

struct flow_value {
	u64 first_seen;
	u64 last_seen;
	u64 packets;
	u64 bytes;
	u64 cookie;
	u32 mark;
	enum flow_state state;
	u8 protocol;
	u8 flags[7];
	char comm[16];
	u32 retransmits;
	u32 rtt;
};
