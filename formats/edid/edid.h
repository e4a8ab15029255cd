/* SPDX-License-Identifier: MIT */
/*
 * What a display says of itself: a base block of 128 bytes and extension blocks of 128 bytes.
 *
 * VESA Enhanced Extended Display Identification Data Standard (E-EDID), release A, revision 2 (EDID
 * 1.4), sections 3.3 to 3.11; CTA-861-H, section 7 (cta_). Names of members: Linux's
 * <drm/drm_edid.h>, where it has any. Little-endian, but for the manufacturer's name.
 */
#ifndef PRETTIFY_FORMATS_EDID_H
#define PRETTIFY_FORMATS_EDID_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

/* Three letters of five bits, A is 1: they run from the first byte's high bits to the second's low. */
struct edid_manufacturer {
	__u8 letter_2_high:2;
	__u8 letter_1:5;
	__u8 reserved:1;
	__u8 letter_3:5;
	__u8 letter_2_low:3;
};

enum edid_signal_level {
	LEVEL_0_700_0_300_1_000 = 0,
	LEVEL_0_714_0_286_1_000 = 1,
	LEVEL_1_000_0_400_1_400 = 2,
	LEVEL_0_700_0_000_0_700 = 3,
} __attribute__((packed));

struct edid_analog_input {
	__u8 serration:1;
	__u8 sync_on_green:1;
	__u8 composite_sync:1;
	__u8 separate_sync:1;
	__u8 blank_to_black:1;
	enum edid_signal_level signal_level:2;
	__u8 digital:1;
};

enum edid_interface {
	INTERFACE_UNDEFINED = 0,
	INTERFACE_DVI = 1,
	INTERFACE_HDMI_A = 2,
	INTERFACE_HDMI_B = 3,
	INTERFACE_MDDI = 4,
	INTERFACE_DISPLAYPORT = 5,
} __attribute__((packed));

enum edid_color_depth {
	DEPTH_UNDEFINED = 0,
	DEPTH_6 = 1,
	DEPTH_8 = 2,
	DEPTH_10 = 3,
	DEPTH_12 = 4,
	DEPTH_14 = 5,
	DEPTH_16 = 6,
} __attribute__((packed));

struct edid_digital_input {
	enum edid_interface interface:4;
	enum edid_color_depth color_depth:3;
	__u8 digital:1;
};

enum edid_display_type {
	DISPLAY_MONOCHROME = 0,
	DISPLAY_RGB = 1,
	DISPLAY_OTHER_COLOR = 2,
	DISPLAY_UNDEFINED = 3,
} __attribute__((packed));

struct edid_analog_features {
	__u8 continuous_frequency:1;
	__u8 preferred_timing:1;
	__u8 srgb:1;
	enum edid_display_type display_type:2;
	__u8 active_off:1;
	__u8 suspend:1;
	__u8 standby:1;
};

struct edid_digital_features {
	__u8 continuous_frequency:1;
	__u8 preferred_timing:1;
	__u8 srgb:1;
	__u8 ycrcb_444:1;
	__u8 ycrcb_422:1;
	__u8 active_off:1;
	__u8 suspend:1;
	__u8 standby:1;
};

/* Chromaticity: ten bits each, two of them in the first two bytes, in units of 1/1024. */
struct edid_chromaticity {
	__u8 green_y_lo:2;
	__u8 green_x_lo:2;
	__u8 red_y_lo:2;
	__u8 red_x_lo:2;
	__u8 white_y_lo:2;
	__u8 white_x_lo:2;
	__u8 blue_y_lo:2;
	__u8 blue_x_lo:2;
	__u8 red_x;
	__u8 red_y;
	__u8 green_x;
	__u8 green_y;
	__u8 blue_x;
	__u8 blue_y;
	__u8 white_x;
	__u8 white_y;
};

struct edid_established_timings {
	__u8 t_800x600_60:1;
	__u8 t_800x600_56:1;
	__u8 t_640x480_75:1;
	__u8 t_640x480_72:1;
	__u8 t_640x480_67:1;
	__u8 t_640x480_60:1;
	__u8 t_720x400_88:1;
	__u8 t_720x400_70:1;
	__u8 t_1280x1024_75:1;
	__u8 t_1024x768_75:1;
	__u8 t_1024x768_70:1;
	__u8 t_1024x768_60:1;
	__u8 t_1024x768_87_interlaced:1;
	__u8 t_832x624_75:1;
	__u8 t_800x600_75:1;
	__u8 t_800x600_72:1;
	__u8 manufacturer:7;
	__u8 t_1152x870_75:1;
};

enum edid_aspect {
	ASPECT_16_10 = 0,
	ASPECT_4_3 = 1,
	ASPECT_5_4 = 2,
	ASPECT_16_9 = 3,
} __attribute__((packed));

/* Width: (hsize + 31) * 8 pixels; rate: vfreq + 60 Hz. Unused where all bytes are 1. */
struct edid_standard_timing {
	__u8 hsize;
	__u8 vfreq:6;
	enum edid_aspect aspect:2;
};

/* The base block as far as its descriptors; mfg_year counts from 1990, gamma is (gamma + 100) / 100. */
#define EDID(INPUT, FEATURES) \
	__u8 header[8]; \
	struct edid_manufacturer mfg_id; \
	__u16 prod_code; \
	__u32 serial; \
	__u8 mfg_week; \
	__u8 mfg_year; \
	__u8 version; \
	__u8 revision; \
	INPUT input; \
	__u8 width_cm; \
	__u8 height_cm; \
	__u8 gamma; \
	FEATURES features; \
	struct edid_chromaticity chromaticity; \
	struct edid_established_timings established_timings; \
	struct edid_standard_timing standard_timings[8]

struct edid_analog {
	EDID(struct edid_analog_input, struct edid_analog_features);
} __attribute__((packed));

struct edid_digital {
	EDID(struct edid_digital_input, struct edid_digital_features);
} __attribute__((packed));

enum edid_sync {
	SYNC_ANALOG_COMPOSITE = 0,
	SYNC_BIPOLAR_ANALOG_COMPOSITE = 1,
	SYNC_DIGITAL_COMPOSITE = 2,
	SYNC_DIGITAL_SEPARATE = 3,
} __attribute__((packed));

/* A descriptor with a pixel clock, in units of 10 kHz, is a timing. */
struct edid_detailed_timing {
	__u16 pixel_clock;
	__u8 hactive_lo;
	__u8 hblank_lo;
	__u8 hblank_hi:4;
	__u8 hactive_hi:4;
	__u8 vactive_lo;
	__u8 vblank_lo;
	__u8 vblank_hi:4;
	__u8 vactive_hi:4;
	__u8 hsync_offset_lo;
	__u8 hsync_pulse_width_lo;
	__u8 vsync_pulse_width_lo:4;
	__u8 vsync_offset_lo:4;
	__u8 vsync_pulse_width_hi:2;
	__u8 vsync_offset_hi:2;
	__u8 hsync_pulse_width_hi:2;
	__u8 hsync_offset_hi:2;
	__u8 width_mm_lo;
	__u8 height_mm_lo;
	__u8 height_mm_hi:4;
	__u8 width_mm_hi:4;
	__u8 hborder;
	__u8 vborder;
	__u8 stereo_interleaved:1;
	__u8 hsync_positive:1;
	__u8 vsync_positive:1;
	enum edid_sync sync:2;
	__u8 stereo:2;
	__u8 interlaced:1;
};

/* Any other descriptor: the first three bytes are 0, the fourth says which. */
enum edid_descriptor_type {
	EDID_DETAIL_MANUFACTURER_00 = 0x00,
	EDID_DETAIL_DUMMY = 0x10,
	EDID_DETAIL_EST_TIMINGS = 0xf7,
	EDID_DETAIL_CVT_3BYTE = 0xf8,
	EDID_DETAIL_COLOR_MGMT_DATA = 0xf9,
	EDID_DETAIL_STD_MODES = 0xfa,
	EDID_DETAIL_MONITOR_CPDATA = 0xfb,
	EDID_DETAIL_MONITOR_NAME = 0xfc,
	EDID_DETAIL_MONITOR_RANGE = 0xfd,
	EDID_DETAIL_MONITOR_STRING = 0xfe,
	EDID_DETAIL_MONITOR_SERIAL = 0xff,
} __attribute__((packed));

#define EDID_DESCRIPTOR \
	__u8 zero[3]; \
	enum edid_descriptor_type type

struct edid_descriptor {
	EDID_DESCRIPTOR;
	__u8 pad;
	__u8 data[13];
};

/* Text ends with a line feed and is then filled up with blanks. */
struct edid_text {
	EDID_DESCRIPTOR;
	__u8 pad;
	char str[13];
};

enum edid_range_flags {
	DEFAULT_GTF = 0,
	RANGE_LIMITS_ONLY = 1,
	SECONDARY_GTF = 2,
	CVT_SUPPORTED = 4,
} __attribute__((packed));

/* Rates in Hz, lines in kHz, the pixel clock in units of 10 MHz; an offset adds 255. */
struct edid_range_limits {
	EDID_DESCRIPTOR;
	__u8 min_vfreq_offset:1;
	__u8 max_vfreq_offset:1;
	__u8 min_hfreq_offset:1;
	__u8 max_hfreq_offset:1;
	__u8 reserved:4;
	__u8 min_vfreq;
	__u8 max_vfreq;
	__u8 min_hfreq_khz;
	__u8 max_hfreq_khz;
	__u8 pixel_clock_mhz;
	enum edid_range_flags flags;
	__u8 formula[7];
};

struct edid_standard_timings {
	EDID_DESCRIPTOR;
	__u8 pad;
	struct edid_standard_timing timings[6];
	__u8 line_feed;
};

/* The base block's last two bytes. All bytes of a block add up to 0. */
struct edid_end {
	__u8 extensions;
	__u8 checksum;
};

enum edid_extension_tag {
	CTA_EXT = 0x02,
	VTB_EXT = 0x10,
	DI_EXT = 0x40,
	LS_EXT = 0x50,
	DISPLAYID_EXT = 0x70,
	BLOCK_MAP_EXT = 0xf0,
} __attribute__((packed));

struct edid_extension {
	enum edid_extension_tag tag;
	__u8 revision;
	__u8 data[125];
	__u8 checksum;
};

/* Data blocks from byte 4, detailed timings from byte dtd_offset, up to one with no pixel clock. */
struct cta_extension {
	enum edid_extension_tag tag;
	__u8 revision;
	__u8 dtd_offset;
	__u8 native_timings:4;
	__u8 ycbcr_422:1;
	__u8 ycbcr_444:1;
	__u8 basic_audio:1;
	__u8 underscan:1;
	__u8 data[123];
	__u8 checksum;
};

enum cta_tag {
	CTA_AUDIO = 1,
	CTA_VIDEO = 2,
	CTA_VENDOR = 3,
	CTA_SPEAKER_ALLOCATION = 4,
	CTA_VESA_DISPLAY_TRANSFER = 5,
	CTA_VIDEO_FORMAT = 6,
	CTA_EXTENDED = 7,
} __attribute__((packed));

struct cta_data_block {
	__u8 length:5;
	enum cta_tag tag:3;
	__u8 data[];
};

#endif
