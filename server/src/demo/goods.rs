//! What the demo organisation sells, and what goes wrong with it: each defect with the words that a
//! customer, an engineer and the office would use for it.

/// A line of products.
pub(super) struct Family {
    /// Name of the product.
    pub(super) name: &'static str,
    /// Models.
    pub(super) models: &'static [&'static str],
    /// Code of the list `product_area`.
    pub(super) area: &'static str,
    /// Prefix of serial numbers.
    pub(super) serial: &'static str,
    /// Whether it has an engine and a frame number.
    pub(super) vehicle: bool,
    /// What goes wrong.
    pub(super) defects: &'static [Defect],
}

/// A defect.
pub(super) struct Defect {
    /// What the customer says; `{n}` is a quantity.
    pub(super) says: &'static [&'static str],
    /// Codes of `category`, `subcategory`, `defect_code` and `fault_code`.
    pub(super) codes: [&'static str; 4],
    /// Weights of general, serious and major, in per cent of 100.
    pub(super) severity: [i64; 3],
    /// First aid.
    pub(super) containment: &'static str,
    /// Why.
    pub(super) cause: &'static [&'static str],
    /// Codes of `cause_category` and `fault_party`, and the department.
    pub(super) blame: [&'static str; 3],
    /// What the office plans.
    pub(super) plan: &'static str,
    /// What the engineer does.
    pub(super) solution: &'static [&'static str],
    /// Code of `handling_method`.
    pub(super) method: &'static str,
    /// Part replaced: name, number, specification, unit price; empty name if none.
    pub(super) part: [&'static str; 4],
    /// What was measured: item, specification, lower and upper limit, unit, measured; empty if nothing.
    pub(super) measured: [&'static str; 6],
}

const NO_PART: [&str; 4] = ["", "", "", ""];
const NOT_MEASURED: [&str; 6] = ["", "", "", "", "", ""];
const QUALITY: &str = "product_quality";

/// Every line.
pub(super) const FAMILIES: &[Family] = &[
    Family {
        name: "矿用自卸车",
        models: &["QD3305B", "QD3307A", "QD3311E", "QD3340"],
        area: "complete_unit",
        serial: "QD",
        vehicle: true,
        defects: &[
            Defect {
                says: &[
                    "变速箱油封处渗油，停一夜地面有手掌大一摊油，油位已到下限。",
                    "变速箱后端漏油，加了两次油，三天后又到下限，不敢再上山。",
                ],
                codes: [QUALITY, "leaking", "leak", "leak"],
                severity: [30, 55, 15],
                containment: "先补加同牌号齿轮油至标线，停驶高坡段，每班检查油位并拍照。",
                cause: &[
                    "后油封唇口老化硬化，拆检见唇口有纵向裂纹，轴颈处轻微磨痕。",
                    "装配时油封压入歪斜，单边受力，运行约三百小时后唇口磨穿。",
                ],
                blame: ["assembly", "production", "总装车间"],
                plan: "更换后油封及轴套；对同批次在用车辆安排普查，库存车逐台复检油封压装深度。",
                solution: &[
                    "拆下传动轴，更换后油封与轴套，清洗壳体后加注齿轮油18升，路试20公里无渗漏。",
                    "更换油封，修磨轴颈毛刺，按力矩复装，热车后复查无油迹。",
                ],
                method: "repair",
                part: ["变速箱后油封", "QD-BSX-0217", "90×120×12 氟橡胶", "186.00"],
                measured: NOT_MEASURED,
            },
            Defect {
                says: &[
                    "发动机怠速不稳，转速在550到750之间来回跳，冷车更明显，还有金属敲击声。",
                    "早上打着火以后抖得厉害，水温上来好一点，最近三天每天都这样。",
                ],
                codes: [QUALITY, "function", "other", "unstable"],
                severity: [55, 40, 5],
                containment: "电话指导清洗空滤并检查进气管卡箍，建议暂不满载。",
                cause: &[
                    "喷油器3缸雾化不良，回油量超标，各缸供油不均。",
                    "进气歧管卡箍松动漏气，怠速阀积碳卡滞。",
                ],
                blame: ["bought_in", "supplier", "采购部"],
                plan: "更换喷油器并标定；向供应商发出质量反馈，要求提供该批次喷油器检测数据。",
                solution: &[
                    "更换3缸喷油器，清洗油轨，重新标定，怠速稳定在600±10转。",
                    "紧固进气卡箍，清洗怠速阀，清除历史故障码，连续运行2小时正常。",
                ],
                method: "repair",
                part: ["喷油器总成", "QD-FDJ-1103", "高压共轨 3缸用", "1380.00"],
                measured: ["怠速转速", "600±25 r/min", "575", "625", "r/min", "548"],
            },
            Defect {
                says: &[
                    "液压油温报警，举升三次以后就到95度，散热器前面摸着不热。",
                    "夏天一到下午就报液压油温高，只能停车等凉，一天少拉四五趟。",
                ],
                codes: [QUALITY, "function", "other", "overheating"],
                severity: [40, 50, 10],
                containment: "先清理散热器外部积尘，减少连续举升次数，备一台车替班。",
                cause: &[
                    "散热器芯体被煤泥堵塞约六成，风扇温控开关动作温度偏高。",
                    "回油滤芯堵塞，旁通阀常开，油液未经散热器冷却。",
                ],
                blame: ["design", "design", "技术部"],
                plan: "更换散热器芯体并加装前置防尘网；修订粉尘工况的保养周期为250小时。",
                solution: &[
                    "高压气水清洗散热器，更换温控开关，加装防尘网，连续举升十次油温稳定在72℃。",
                    "更换回油滤芯和液压油，校验旁通阀，满载试车两小时未再报警。",
                ],
                method: "repair",
                part: ["液压油散热器温控开关", "QD-YY-0446", "动作温度 68℃", "235.00"],
                measured: ["液压油温", "≤85 ℃", "", "85", "℃", "96"],
            },
            Defect {
                says: &[
                    "前桥限位板固定螺钉断在螺孔里，共{n}颗，取不出来。",
                    "巡检发现货箱后门铰链支架焊缝开裂，约8厘米长，左右各一处。",
                ],
                codes: [QUALITY, "broken", "screw_broken", "broken"],
                severity: [10, 60, 30],
                containment: "立即停用该车，同型号车辆当班检查螺钉与焊缝并反馈照片。",
                cause: &[
                    "螺钉强度等级用错，图纸10.9级，实装8.8级，长期冲击后疲劳断裂。",
                    "焊缝根部未焊透，断口可见约三分之一为旧裂纹。",
                ],
                blame: ["manufacturing", "production", "焊装车间"],
                plan: "更换10.9级螺钉并补打防松胶；同批次12台车全部召回检查，工艺卡增加强度标识核对。",
                solution: &[
                    "取出断钉，重新攻丝，更换10.9级螺钉，按180N·m紧固并做防松标记。",
                    "打磨开裂焊缝，预热后补焊并加焊加强板，着色探伤无裂纹。",
                ],
                method: "repair",
                part: ["限位板螺钉", "GB5783-M16×45", "10.9级", "6.50"],
                measured: ["螺钉硬度", "32～39 HRC", "32", "39", "HRC", "25"],
            },
        ],
    },
    Family {
        name: "户外通信机柜",
        models: &["JG-1820", "JG-2200T", "JG-900W"],
        area: "complete_unit",
        serial: "JG",
        vehicle: false,
        defects: &[
            Defect {
                says: &[
                    "门与主框架有间隙，防水胶条没有受力，淋雨后柜底积水约2毫米。",
                    "{n}台柜门关上后右上角翘起，能塞进一张卡片，下雨进水。",
                ],
                codes: [QUALITY, "off_spec", "gap", "other"],
                severity: [45, 45, 10],
                containment: "现场加垫临时密封条并断开柜内市电，库存柜全部做淋雨复检。",
                cause: &[
                    "门板折弯角度偏小1.2度，装配后对角翘曲。",
                    "铰链安装孔位下移2毫米，锁点压紧量不足。",
                ],
                blame: ["manufacturing", "production", "钣金车间"],
                plan: "更换门板并调整铰链；折弯首件增加角度检验，库存柜返工后再发。",
                solution: &[
                    "更换柜门，调整铰链垫片，胶条压缩量复测4毫米，淋水30分钟无渗漏。",
                    "现场校正门板，调整三处锁点，塞尺复检间隙小于0.5毫米。",
                ],
                method: "rework",
                part: ["柜门密封胶条", "JG-MF-0033", "三元乙丙 12×9", "28.00"],
                measured: ["门缝间隙", "≤0.8 mm", "", "0.8", "mm", "2.3"],
            },
            Defect {
                says: &[
                    "顶罩防尘网表面起泡，{n}台都有，用指甲一刮漆就掉。",
                    "外观掉漆，侧板边角有十几处露底，客户验收不签字。",
                ],
                codes: [QUALITY, "paint", "paint_loss", "other"],
                severity: [75, 24, 1],
                containment: "与客户商定先收货后整改，未拆箱的暂停安装。",
                cause: &["前处理脱脂槽浓度偏低，粉末附着力不足。", "固化炉后段温度偏低15℃，涂层未完全固化。"],
                blame: ["manufacturing", "production", "喷涂车间"],
                plan: "不良件返厂重喷；脱脂槽浓度改为每班检测两次，炉温曲线每周校验。",
                solution: &[
                    "现场打磨补喷，划格试验1级合格，客户确认外观接受。",
                    "更换顶罩和侧板共6件，旧件带回分析。",
                ],
                method: "rework",
                part: ["顶罩", "JG-DZ-0101", "1.5 mm 镀锌板 RAL7035", "320.00"],
                measured: ["涂层厚度", "0.10～0.30 mm", "0.10", "0.30", "mm", "0.06"],
            },
            Defect {
                says: &[
                    "内部小门板支架方向装反，{n}台全部如此，光缆走不过去。",
                    "支架焊反，设备导轨装不上，安装队在现场等着。",
                ],
                codes: [QUALITY, "unfit", "reverse_mount", "other"],
                severity: [60, 38, 2],
                containment: "发出安装暂停通知，先供两副正确支架应急。",
                cause: &[
                    "装配作业指导书图示为旧版，未随图纸更改同步。",
                    "焊接工装定位销磨损，左右件混装未被检出。",
                ],
                blame: ["assembly", "production", "总装车间"],
                plan: "补发正确支架并派人更换；作业指导书换版，左右件加防呆标识。",
                solution: &[
                    "现场拆下反装支架，换装正确件并复核走线，全部完成。",
                    "更换支架，重新固定导轨，客户试装设备通过。",
                ],
                method: "resend",
                part: ["小门板支架", "JG-ZJ-0207", "左右成对", "46.00"],
                measured: NOT_MEASURED,
            },
            Defect {
                says: &[
                    "底部加强角螺孔生锈，还没上站就锈了，共{n}台。",
                    "盐雾不合格，客户送检48小时出红锈，要求我们说明。",
                ],
                codes: [QUALITY, "appearance", "rust", "other"],
                severity: [50, 45, 5],
                containment: "锈蚀件涂防锈油封存，暂停该批发货。",
                cause: &["加强角攻丝后未重新做表面处理，切口裸露。", "镀锌板批次锌层偏薄，来料检验漏检。"],
                blame: ["material", "supplier", "采购部"],
                plan: "改用不锈钢嵌件；来料锌层厚度列入必检，同批退回供应商。",
                solution: &[
                    "除锈后更换不锈钢嵌件，螺孔涂防锈脂。",
                    "更换底部加强角8件，旧件带回做盐雾复验。",
                ],
                method: "exchange",
                part: ["底部加强角", "JG-JQ-0310", "不锈钢 304", "35.00"],
                measured: ["中性盐雾", "≥96 h", "96", "", "h", "48"],
            },
        ],
    },
    Family {
        name: "铁路电缆接头盒",
        models: &["DJH-12", "DJH-24K"],
        area: "component",
        serial: "DJ",
        vehicle: false,
        defects: &[
            Defect {
                says: &[
                    "耐压不合格，1500V电压下击穿{n}只，都是同一批。",
                    "绝缘电阻下雨后降到2兆欧，信号时有时无。",
                ],
                codes: [QUALITY, "quality_problem", "withstand_voltage", "electrical"],
                severity: [5, 60, 35],
                containment: "该批次全部隔离，线上已装的列出里程清单，备用回路投入。",
                cause: &[
                    "灌封胶配比偏差，固化后有气泡，爬电距离不足。",
                    "密封圈压缩永久变形，雨后水汽进入。",
                ],
                blame: ["manufacturing", "quality", "品质部"],
                plan: "整批更换；灌封改为真空工艺并做100%耐压，三批连续合格后恢复供货。",
                solution: &[
                    "更换接头盒{n}只，逐只做1500V耐压1分钟通过。",
                    "更换密封圈并重新灌封，复测绝缘电阻大于500兆欧。",
                ],
                method: "replace_new",
                part: ["接头盒总成", "DJH-12-00", "IP68", "412.00"],
                measured: ["耐压", "1500 V 1 min 不击穿", "1500", "", "V", "1180"],
            },
            Defect {
                says: &[
                    "M4螺纹不良，深度不够，螺钉只能拧进三扣，共{n}只。",
                    "1pcs箱体的孔位与模组无法组装，偏了大约1.5毫米。",
                ],
                codes: [QUALITY, "off_spec", "thread", "other"],
                severity: [70, 29, 1],
                containment: "挑选使用，不良件单独放置并贴红标。",
                cause: &["攻丝机行程挡块松动，末件未检。", "钻模定位孔磨损，连续生产未点检。"],
                blame: ["manufacturing", "production", "机加工车间"],
                plan: "现场分选返工，补发不良数量；首中末件检验记录纳入日审。",
                solution: &[
                    "现场分选，合格品当日投用，不良品重新攻丝后复检合格。",
                    "扩孔修配并加垫圈，其余更换。",
                ],
                method: "sort_rework_on_site",
                part: NO_PART,
                measured: ["螺纹深度", "≥8 mm", "8", "", "mm", "4.6"],
            },
            Defect {
                says: &["箱体提手处有沙眼，共{n}只，用手摸得到。", "外壳有砂眼，气密试验冒泡，{n}只不能用。"],
                codes: [QUALITY, "sand_hole", "sand_hole", "leak"],
                severity: [60, 38, 2],
                containment: "全检在库件，先发合格品20只保证客户线上使用。",
                cause: &["压铸排气不畅，末端卷气。", "模具排气槽堵塞，未按模次清理。"],
                blame: ["bought_in", "supplier", "采购部"],
                plan: "退货换新；要求压铸厂改排气槽并每500模清理，来料增加气密抽检。",
                solution: &["更换不良件，合格件逐只气密试验。", "现场封堵处理无效，全部换新，旧件带回。"],
                method: "return_goods",
                part: ["接头盒外壳", "DJH-12-01", "ADC12 压铸", "96.00"],
                measured: NOT_MEASURED,
            },
        ],
    },
    Family {
        name: "车载显示终端",
        models: &["XS-104", "XS-156H"],
        area: "component",
        serial: "XS",
        vehicle: false,
        defects: &[
            Defect {
                says: &[
                    "车头显示器开机黑屏，指示灯亮，重启两三次才出画面。",
                    "终端运行半天就死机，画面卡在站名不动，已经{n}台了。",
                ],
                codes: [QUALITY, "stability", "other", "software"],
                severity: [35, 55, 10],
                containment: "提供两台备机周转，故障机保留现场日志。",
                cause: &["软件看门狗未启用，内存泄漏累计后无法恢复。", "主板电源芯片虚焊，温升后接触不良。"],
                blame: ["design", "design", "研发部"],
                plan: "发布修正版程序并远程升级；虚焊主板更换，回流焊炉温重新验证。",
                solution: &[
                    "升级程序到V2.3.1，连续运行72小时无死机。",
                    "更换主板，老化8小时后装车，画面正常。",
                ],
                method: "repair",
                part: ["显示终端主板", "XS-ZB-0104", "V2.1", "860.00"],
                measured: NOT_MEASURED,
            },
            Defect {
                says: &[
                    "LK车身控制模块支架固定处松动，行驶中异响。",
                    "支架有螺钉未打紧，司机反映颠簸时屏幕晃。",
                ],
                codes: [QUALITY, "quality_problem", "loose", "loose"],
                severity: [70, 28, 2],
                containment: "请客户先用扳手紧固并做标记，安排巡检。",
                cause: &["装配线电批扭力设定被改动，当班未点检。", "未使用防松垫圈，长期振动后松脱。"],
                blame: ["assembly", "production", "总装车间"],
                plan: "全部车辆复紧并加装防松垫圈；电批扭力每班首检并上锁。",
                solution: &[
                    "复紧全部螺钉至2.5N·m并点漆标记，路试无异响。",
                    "加装防松垫圈，检查同车其余支架。",
                ],
                method: "repair",
                part: ["防松垫圈", "XS-DQ-0008", "M5 双叠", "0.80"],
                measured: ["紧固扭矩", "2.5±0.3 N·m", "2.2", "2.8", "N·m", "0.9"],
            },
        ],
    },
    Family {
        name: "电缆绝缘料",
        models: &["JYL-30", "HTL-45"],
        area: "material",
        serial: "JY",
        vehicle: false,
        defects: &[
            Defect {
                says: &[
                    "绝缘料挤出表面有颗粒，三盘电缆报废，涉及{n}公斤。",
                    "护套料色差明显，与封样对比偏黄，整批不敢用。",
                ],
                codes: [QUALITY, "quality_problem", "other", "other"],
                severity: [40, 55, 5],
                containment: "该批停用隔离，先调另一批号500公斤应急。",
                cause: &["密炼温度波动，炭黑分散不良。", "更换色母供应商后未做小样确认。"],
                blame: ["material", "production", "混炼车间"],
                plan: "退货并补货；色母变更纳入评审，分散度每批检测。",
                solution: &[
                    "现场取样封存，指导客户调整滤网目数，剩余料退回。",
                    "到厂试机验证补货批次，挤出表面光滑，客户签认。",
                ],
                method: "replenish",
                part: NO_PART,
                measured: ["抗张强度", "≥9.0 MPa", "9.0", "", "MPa", "7.8"],
            },
            Defect {
                says: &["包装破损，托盘散架，{n}包受潮结块。", "到货{n}包，其中两包漏料，外袋有叉车划痕。"],
                codes: ["packaging_quantity", "package_broken", "package", "other"],
                severity: [85, 15, 0],
                containment: "受潮料单独存放，先使用完好包装。",
                cause: &["装车未加护角，雨天篷布未盖严。", "承运方转运时叉车操作不当。"],
                blame: ["transport", "carrier", "物流部"],
                plan: "补发破损数量；改用缠绕膜加护角，承运合同增加防雨条款。",
                solution: &["清点破损并拍照，补发数量到货复核无误。"],
                method: "resend",
                part: NO_PART,
                measured: NOT_MEASURED,
            },
        ],
    },
    Family {
        name: "岸电接口箱",
        models: &["AD-400", "AD-630S"],
        area: "system",
        serial: "AD",
        vehicle: false,
        defects: &[
            Defect {
                says: &[
                    "接口箱合闸后跳闸，报绝缘故障，船靠岸用不上电。",
                    "通信中断，后台看不到电表读数，靠人抄表已经一周。",
                ],
                codes: [QUALITY, "function", "other", "alarm"],
                severity: [25, 60, 15],
                containment: "启用备用回路，安排值班人员每四小时抄表一次。",
                cause: &["航空插头针脚进水氧化，绝缘下降。", "通信模块固件与后台新协议不兼容。"],
                blame: ["bought_in", "subcontractor", "售后服务部"],
                plan: "更换插头并加装防水罩；固件升级，后台增加断线告警。",
                solution: &[
                    "更换航空插头，烘干箱体，绝缘复测合格后送电正常。",
                    "升级通信固件并核对地址表，后台数据恢复。",
                ],
                method: "repair",
                part: ["航空插头", "AD-CT-0063", "5芯 63A IP67", "540.00"],
                measured: ["绝缘电阻", "≥1 MΩ", "1", "", "MΩ", "0.2"],
            },
            Defect {
                says: &[
                    "配件发错，收到的是左支架，要的是右支架，共{n}件。",
                    "数量少{n}件，装箱单写的和实物对不上。",
                ],
                codes: ["packaging_quantity", "wrong_or_missing", "short", "other"],
                severity: [90, 10, 0],
                containment: "当天补发所缺部分，走加急物流。",
                cause: &["拣货未扫码，左右件料位相邻。", "装箱后复核人缺岗，未二次清点。"],
                blame: ["unfamiliar_process", "distribution", "仓储部"],
                plan: "补发并致歉；发货改为扫码拣货，装箱照片随单上传。",
                solution: &["送达补发件并当面清点签收。"],
                method: "resend",
                part: NO_PART,
                measured: NOT_MEASURED,
            },
        ],
    },
];

/// A complaint about service, not about a product.
pub(super) struct Grievance {
    /// What the customer says.
    pub(super) says: &'static [&'static str],
    /// Codes of `category` and `subcategory`.
    pub(super) codes: [&'static str; 2],
    /// Likelihood of serious, in per cent.
    pub(super) serious: i64,
    /// First aid.
    pub(super) containment: &'static str,
    /// Why.
    pub(super) cause: &'static str,
    /// Codes of `cause_category` and `fault_party`, and the department.
    pub(super) blame: [&'static str; 3],
    /// What is done.
    pub(super) plan: &'static str,
    /// Code of `handling_method`.
    pub(super) method: &'static str,
}

/// Complaints about service.
pub(super) const GRIEVANCES: &[Grievance] = &[
    Grievance {
        says: &[
            "约好上午九点到，十点半才来，产线白白停了一个多小时。",
            "服务人员迟到超过30分钟，也没有提前打电话。",
        ],
        codes: ["service_timeliness", "late_30"],
        serious: 20,
        containment: "当天致电道歉，重新约定时间并由主管陪同。",
        cause: "前一站超时未报告，调度没有改派。",
        blame: ["personal", "service", "售后服务部"],
        plan: "向客户书面致歉；迟到超过15分钟必须提前告知，纳入月度考核。",
        method: "apologise",
    },
    Grievance {
        says: &["回访时态度生硬，问两句就挂了电话。", "接线员说不归他管，让我们自己找厂家。"],
        codes: ["service_attitude", "bad_language"],
        serious: 25,
        containment: "客服主管当日回电致歉。",
        cause: "新员工对业务不熟，没有按话术应答。",
        blame: ["personal", "customer_service", "客服部"],
        plan: "当事人参加话术培训并复训考核，录音每周抽查十条。",
        method: "apologise",
    },
    Grievance {
        says: &["服务热线多次无法接通，打了一上午。", "热线一直占线，最后还是找的业务员。"],
        codes: ["hotline_access", "hotline_busy"],
        serious: 10,
        containment: "提供值班手机作为临时渠道。",
        cause: "高峰时段坐席不足，未开启溢出转接。",
        blame: ["unfamiliar_process", "customer_service", "客服部"],
        plan: "增加高峰坐席一名，开通忙线转值班手机。",
        method: "explain",
    },
    Grievance {
        says: &["同一个故障修了三次还没好，每次来的人都不一样。", "换了两次配件问题照旧，师傅也说不清原因。"],
        codes: ["service_skill", "repairs_failed"],
        serious: 60,
        containment: "指定高级工程师专人负责，到场前先电话会诊。",
        cause: "故障判断停留在表象，前两次记录未交接。",
        blame: ["personal", "service", "售后服务部"],
        plan: "技术部联合会诊，编写该故障的排查卡，重复维修须主管审核。",
        method: "repair",
    },
    Grievance {
        says: &["合同约定20日到货，今天25日还没有发。", "交付延迟十天，影响我们工程验收。"],
        codes: ["delivery", "delayed"],
        serious: 35,
        containment: "当天确认发货计划并告知客户准确日期。",
        cause: "排产变更未通知销售，缺料信息滞后两天。",
        blame: ["unfamiliar_process", "other", "计划部"],
        plan: "加急排产并承担加急运费；缺料当日通报到业务员。",
        method: "compensate",
    },
    Grievance {
        says: &["保修期内还收了路费，收据上写的是服务费。", "换一个传感器报价比上次贵一倍，没有说明。"],
        codes: ["contract", "cost"],
        serious: 30,
        containment: "先暂缓收费，核对合同后答复。",
        cause: "服务人员未核实保修日期就开了收费单。",
        blame: ["unfamiliar_process", "finance", "售后服务部"],
        plan: "退还费用并说明收费标准；收费单须附保修核对截图。",
        method: "refund",
    },
];
